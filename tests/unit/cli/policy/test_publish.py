"""`sealgate policy publish`, and the other commands where officers sign bundles."""

import json
import os
import stat
from pathlib import Path

import pytest
from typer.testing import Result

from gateway.bundles.authority import Authority
from gateway.bundles.reading import read
from gateway.cli.policy.bundles_here import newest_here
from gateway.cli.trial.policies import APPROVERS, OFFICERS
from gateway.clock import SystemClock
from tests.unit.cli.conftest import CommandLine, rewrite

ORDINARY = ("--system", "tms", "--seal", "receipt-east", "--type", "logistics-receipt")


def publish(signed: CommandLine, *more: str, officers: tuple[str, ...] = OFFICERS) -> Result:
    keys = [
        part for name in officers for part in ("--key", str(signed.trial.signed.officer_key(name)))
    ]
    return signed("policy", "publish", signed.trial.policies, *keys, *more)


def files(signed: CommandLine) -> list[str]:
    return sorted(path.name for path in signed.trial.signed.bundles.iterdir())


def lower_the_amount(signed: CommandLine, to: int = 300_000) -> None:
    rewrite(
        signed.trial.policies / "receipts.yaml", "amount_cents <= 5000000", f"amount_cents <= {to}"
    )


def test_a_trial_begins_with_a_bundle_that_both_officers_signed(signed: CommandLine) -> None:
    trial = signed.trial
    (name,) = files(signed)
    sealed = read((trial.signed.bundles / name).read_bytes())
    authority = Authority.read(trial.signed.root.read_bytes())
    assert authority.signers(sealed.statement) == frozenset(OFFICERS)
    assert (authority.signatures, sealed.manifest.sequence) == (2, 1)
    told = signed("policy", "show", trial.signed.bundles / name)
    assert told.exit_code == 0
    assert "signedBy   li-na, wang-qiang\n" in told.stdout


def test_keys_of_people_are_marked_and_their_owners_alone(signed: CommandLine) -> None:
    trial = signed.trial.signed
    keys = [*map(trial.officer_key, OFFICERS), *map(trial.approver_key, APPROVERS)]
    for key in keys:
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert key.read_text(encoding="utf-8").startswith("TRIAL ONLY")
    keys[0].chmod(0o644)
    told = json.loads(signed("doctor", "--json").stdout)["findings"]
    (found,) = (each for each in told if each["part"] == "officers' keys")
    assert found["state"] == "failed"


def test_a_change_is_told_signed_by_both_and_delivered(signed: CommandLine) -> None:
    lower_the_amount(signed)
    result = publish(signed, "--yes")
    assert result.exit_code == 0, result.output
    assert "ok: 8 files, 5 tests pass" in result.stdout
    assert "changed: tms\n  on receipt-east, receipt-south for logistics-receipt\n" in result.stdout
    assert files(signed) == ["000001.sealbundle", "000002.sealbundle"]
    shown = json.loads(
        signed("policy", "show", signed.trial.signed.bundles / "000002.sealbundle", "--json").stdout
    )
    assert (shown["signedBy"], shown["missing"]) == (list(OFFICERS), 0)


def test_changes_that_no_gateway_has_seen_yet_follow_one_another(signed: CommandLine) -> None:
    for cents in (300_000, 200_000):
        rewrite(
            signed.trial.policies / "receipts.yaml",
            "doc.attributes.amount_cents <= ",
            f"doc.attributes.amount_cents < {cents} && doc.attributes.amount_cents <= ",
        )
        assert publish(signed, "-y").exit_code == 0
    trial = signed.trial.signed
    authority = Authority.read(trial.root.read_bytes())
    newest = newest_here(
        signed.config, bundles=trial.bundles, root=authority, at=SystemClock().now()
    )
    assert newest is not None
    assert newest.manifest.sequence == 3


def test_what_strangers_put_among_the_bundles_stops_nobody(signed: CommandLine) -> None:
    os.mkfifo(signed.trial.signed.bundles / "000000.sealbundle")
    (signed.trial.signed.bundles / "000009.sealbundle").write_bytes(b"no bundle")
    lower_the_amount(signed)
    assert publish(signed, "--yes").exit_code == 0
    assert "000002.sealbundle" in files(signed)


def test_a_pipe_in_the_place_of_a_bundle_file_is_waited_for_by_no_command(
    signed: CommandLine, tmp_path: Path
) -> None:
    pipe = tmp_path / "pipe.sealbundle"
    os.mkfifo(pipe)
    for command in ("show", "activate"):
        result = signed("policy", command, pipe)
        assert result.exit_code == 2, result.output
        assert "it is no regular file" in result.stderr


def test_a_pipe_in_the_place_of_the_first_officers_file_is_not_waited_for(
    signed: CommandLine,
) -> None:
    root = signed.trial.signed.root
    root.unlink()
    os.mkfifo(root)
    lower_the_amount(signed)
    result = publish(signed, "--yes")
    assert result.exit_code == 2, result.output
    assert "it is no regular file" in result.stderr


def test_nothing_is_signed_where_nothing_changed(signed: CommandLine) -> None:
    result = publish(signed, "--yes")
    assert result.exit_code == 0, result.output
    assert "nothing is different from number 1" in result.stdout
    assert files(signed) == ["000001.sealbundle"]


def test_without_enough_officers_nothing_is_delivered(signed: CommandLine) -> None:
    lower_the_amount(signed)
    result = publish(signed, "--yes", officers=OFFICERS[:1])
    assert result.exit_code == 1, result.output
    assert "2 of the officers" in result.stderr
    assert files(signed) == ["000001.sealbundle"]


def test_somebody_who_only_approves_signs_no_policies(signed: CommandLine) -> None:
    lower_the_amount(signed)
    key = signed.trial.signed.approver_key(APPROVERS[0])
    result = publish(signed, "--yes", "--key", str(key))
    assert result.exit_code == 1
    assert "the key of no officer" in result.stderr
    assert files(signed) == ["000001.sealbundle"]


def test_where_nobody_can_be_asked_it_has_to_be_said(signed: CommandLine) -> None:
    lower_the_amount(signed)
    result = publish(signed)
    assert result.exit_code == 2
    assert "changed: tms" in result.stdout
    assert "add --yes" in result.stderr
    assert files(signed) == ["000001.sealbundle"]


@pytest.mark.parametrize(
    ("file", "old", "new", "why"),
    [
        ("receipts.yaml", "<= 5000000", "<= 500", "an ordinary receipt is sealed"),
        ("receipts.yaml", "documentTypes:", "documentsTypes:", "unknown key"),
        (
            "seals.yaml",
            "state: active",
            "state: retired",
            "the seal receipt-east cannot become retired",
        ),
        ("seals.yaml", "key: receipt-east", "key: receipt-west", "no key is called `receipt-west`"),
    ],
    ids=["own test fails", "unknown key", "step of a life skipped", "key that is not"],
)
def test_what_the_gateway_would_not_take_is_not_signed(
    signed: CommandLine, file: str, old: str, new: str, why: str
) -> None:
    rewrite(signed.trial.policies / file, old, new)
    result = publish(signed, "--yes")
    assert result.exit_code == 1, result.output
    assert why in result.stdout
    assert files(signed) == ["000001.sealbundle"]


def test_a_directory_that_counts_as_it_is_saved_is_not_published(sealgate: CommandLine) -> None:
    result = publish(sealgate, "--yes")
    assert result.exit_code == 2
    assert "there is nothing to publish" in " ".join(result.stderr.split())


def test_before_the_first_start_nothing_is_in_force_to_be_asked(signed: CommandLine) -> None:
    for command in (("check",), ("test",), ("explain", *ORDINARY), ("simulate",)):
        result = signed("policy", *command)
        assert result.exit_code == 2, result.output
        assert "no bundle was ever in force here" in result.stderr


def test_a_bundle_file_is_looked_at_like_the_directory_it_was_made_of(signed: CommandLine) -> None:
    bundle = signed.trial.signed.bundles / "000001.sealbundle"
    checked = signed("policy", "check", bundle, "--json")
    assert checked.exit_code == 0, checked.output
    report = json.loads(checked.stdout)
    assert (report["files"], report["tests"], report["mistakes"]) == (8, 5, [])
    assert (
        report["bundle"] == json.loads(signed("policy", "show", bundle, "--json").stdout)["bundle"]
    )
    assert "5 pass, 0 fail" in signed("policy", "test", bundle).stdout
    explained = signed("policy", "explain", *ORDINARY, "-a", "amount_cents=1", "-d", bundle)
    assert (explained.exit_code, explained.stdout[:7]) == (0, "allowed")
    lower_the_amount(signed)
    different = signed("policy", "diff", bundle, signed.trial.policies)
    assert different.exit_code == 1
    assert "changed: tms" in different.stdout


def test_a_directory_that_says_the_same_as_a_bundle_file_is_no_difference(
    signed: CommandLine,
) -> None:
    trial = signed.trial
    (name,) = files(signed)
    told = signed("policy", "diff", trial.signed.bundles / name, trial.policies)
    assert told.exit_code == 0, told.stdout


def test_a_damaged_bundle_file_is_told(signed: CommandLine, tmp_path: Path) -> None:
    data = (signed.trial.signed.bundles / "000001.sealbundle").read_bytes()
    damaged = tmp_path / "damaged.sealbundle"
    damaged.write_bytes(data[:-512])
    result = signed("policy", "check", damaged)
    assert result.exit_code == 2
    assert "no bundle that can be read" in result.stderr


def test_a_check_against_what_is_signed_finds_what_cannot_follow_it(signed: CommandLine) -> None:
    bundle = signed.trial.signed.bundles / "000001.sealbundle"
    assert signed("policy", "check", signed.trial.policies, "--against", bundle).exit_code == 0
    rewrite(signed.trial.policies / "seals.yaml", "state: active", "state: retired")
    rewrite(signed.trial.policies / "grants.yaml", "maximum: 5000000", "maximum: 6000000")
    assert signed("policy", "check", signed.trial.policies).exit_code == 0
    result = signed("policy", "check", signed.trial.policies, "--against", bundle)
    assert result.exit_code == 1
    assert "the seal receipt-east cannot become retired" in result.stdout
    assert "the grant south-receipts goes up to a larger amount" in result.stdout
    broken = signed("policy", "check", signed.trial.policies, "--against", signed.trial.signed.root)
    assert broken.exit_code == 2
