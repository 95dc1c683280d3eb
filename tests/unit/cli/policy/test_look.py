"""`sealgate policy`: check, test, explain, as officers and their CI use them."""

import json
from pathlib import Path

import pytest

from tests.unit.cli.conftest import CommandLine, rewrite

ORDINARY = ("--system", "tms", "--seal", "receipt-east", "--type", "logistics-receipt")


def test_good_files_pass_and_are_counted(sealgate: CommandLine) -> None:
    result = sealgate("policy", "check")
    assert result.exit_code == 0, result.output
    assert "ok: 8 files, 5 tests pass, sha256:" in result.stdout


def test_every_mistake_is_told_with_file_line_and_cure(sealgate: CommandLine) -> None:
    receipts = sealgate.trial.policies / "receipts.yaml"
    rewrite(receipts, "seals: [receipt-east, receipt-south]", "seals: [receipt-est]")
    rewrite(receipts, "documentTypes:", "documentsTypes:")
    result = sealgate("policy", "check")
    assert result.exit_code == 1
    assert f"{receipts}:7: spec.documentsTypes: unknown key -> did you mean" in result.stdout
    assert "the gateway would not take these files" in result.stdout


def test_a_failing_test_is_a_mistake(sealgate: CommandLine) -> None:
    rewrite(sealgate.trial.policies / "receipts.yaml", "<= 5000000", "<= 500")
    result = sealgate("policy", "check", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["ok"] is False
    (mistake,) = report["mistakes"]
    assert mistake["line"] == 22
    assert "an ordinary receipt is sealed" in mistake["message"]


def test_a_certificate_that_is_missing_is_a_mistake_at_its_seal(sealgate: CommandLine) -> None:
    (sealgate.trial.policies / "certificates" / "receipt-east.pem").unlink()
    result = sealgate("policy", "check")
    assert result.exit_code == 1
    assert f"{sealgate.trial.policies / 'seals.yaml'}:5: spec: seal 'receipt-east'" in result.stdout


def test_a_stamp_that_cannot_be_drawn_is_a_mistake(sealgate: CommandLine) -> None:
    seals = sealgate.trial.policies / "seals.yaml"
    rewrite(seals, "name: 示例物流（华东）有限公司,", 'name: "示例\U000f0000有限公司",')
    result = sealgate("policy", "check")
    assert result.exit_code == 1
    assert "spec.stamp: " in result.stdout


def test_a_key_that_is_not_configured_is_a_mistake(sealgate: CommandLine) -> None:
    rewrite(sealgate.trial.policies / "seals.yaml", "key: receipt-east", "key: receipt-west")
    result = sealgate("policy", "check")
    assert result.exit_code == 1
    assert "no key is called `receipt-west`" in result.stdout


def test_with_a_directory_no_configuration_is_needed(sealgate: CommandLine, tmp_path: Path) -> None:
    nowhere = tmp_path / "no" / "config.yaml"
    result = sealgate("policy", "check", sealgate.trial.policies, "--config", nowhere)
    assert result.exit_code == 0, result.output


def test_a_directory_without_policies_is_no_success(sealgate: CommandLine, tmp_path: Path) -> None:
    for directory in (tmp_path / "none", tmp_path / "empty"):
        (tmp_path / "empty").mkdir(exist_ok=True)
        for command in ("check", "test"):
            assert sealgate("policy", command, directory).exit_code == 2


def test_each_test_is_listed_with_the_rule_that_decided(sealgate: CommandLine) -> None:
    result = sealgate("policy", "test")
    assert result.exit_code == 0, result.output
    assert "ok    receipts: an ordinary receipt is sealed" in result.stdout
    assert "allowed by receipts/tms-automatic" in result.stdout
    assert "denied by receipts/no-changes-after-signature" in result.stdout
    assert "5 pass, 0 fail" in result.stdout


def test_a_test_that_fails_is_told_with_what_was_decided_instead(sealgate: CommandLine) -> None:
    rewrite(sealgate.trial.policies / "receipts.yaml", "<= 5000000", "<= 500")
    result = sealgate("policy", "test", "--json")
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    wrong = [each for each in report["tests"] if not each["ok"]]
    assert [(each["expected"], each["got"]) for each in wrong] == [("allowed", "denied")]
    assert wrong[0]["decidedBy"] == ["default"]
    assert len(report["tests"]) == 5


def test_frozen_seals_do_not_fail_the_tests_of_their_policies(sealgate: CommandLine) -> None:
    rewrite(sealgate.trial.policies / "seals.yaml", "state: active", "state: frozen")
    assert sealgate("policy", "test").exit_code == 0
    explained = sealgate("policy", "explain", *ORDINARY, "-a", "amount_cents=1")
    assert explained.exit_code == 1
    assert "frozen" in explained.stdout


def test_a_request_that_is_allowed_is_explained_rule_by_rule(sealgate: CommandLine) -> None:
    result = sealgate("policy", "explain", *ORDINARY, "-a", "amount_cents=100")
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("allowed\n")
    assert "stamp: beside the keyword 收货人签章 (last)" in result.stdout
    assert "permit receipts/tms-automatic: applies" in result.stdout
    assert "forbid receipts/no-changes-after-signature: condition-false" in result.stdout


def test_a_denial_names_the_rule_that_was_nearest_and_what_would_have_to_change(
    sealgate: CommandLine,
) -> None:
    options = (*ORDINARY, "-a", "amount_cents=100", "--pages", "4", "--json")
    result = sealgate("policy", "explain", *options)
    assert result.exit_code == 1
    report = json.loads(result.stdout)
    assert report["verdict"] == "denied"
    assert report["nearest"]["rule"] in {
        "receipts/tms-automatic",
        "receipts/large-amounts-with-two-approvals",
    }
    automatic = next(
        each for each in report["findings"] if each["rule"] == "receipts/tms-automatic"
    )
    assert "doc.pages is 4" in automatic["message"]


def test_what_waits_for_approval_is_not_allowed_yet(sealgate: CommandLine) -> None:
    result = sealgate("policy", "explain", *ORDINARY, "-a", "amount_cents=60000000")
    assert result.exit_code == 1
    assert result.stdout.startswith("needs-approval\n")


def test_a_forbid_is_told_when_the_document_is_signed_already(sealgate: CommandLine) -> None:
    options = (*ORDINARY, "-a", "amount_cents=1", "--signatures", "1")
    result = sealgate("policy", "explain", *options)
    assert result.exit_code == 1
    assert "the document carries a signature already" in result.stdout


def test_a_request_file_says_what_a_policys_test_says(
    sealgate: CommandLine, tmp_path: Path
) -> None:
    file = tmp_path / "请求.json"
    request = {
        "system": "tms",
        "seal": "receipt-east",
        "documentType": "logistics-receipt",
        "at": "2026-11-22T03:00:00+08:00",
        "doc": {"pages": 2, "attributes": {"amount_cents": 5, "consignee": "东海（上海）"}},
    }
    file.write_text(json.dumps(request, ensure_ascii=False), encoding="utf-8")
    result = sealgate("policy", "explain", "--request", file)
    assert result.exit_code == 0, result.output
    assert "at 2026-11-2" in result.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--seal", "receipt-east"), "say system (or person), seal and document type"),
        (("--person", "li-nan", *ORDINARY[2:]), "no Person is called li-nan"),
        ((*ORDINARY, "--person", "li-na"), "a person asks with their own company"),
        (("--system", "tsm", *ORDINARY[2:]), "did you mean tms?"),
        ((*ORDINARY, "--at", "tomorrow"), "at: "),
        ((*ORDINARY, "--at", "0001-01-01T00:00:00"), "which no document will see"),
        ((*ORDINARY, "--request", "x.json"), "not both"),
        (("--request", "no-such-file.json"), "cannot be read"),
        ((*ORDINARY, "-a", "amount"), "is not name=value"),
    ],
)
def test_what_cannot_be_explained_exits_with_2(
    sealgate: CommandLine, options: tuple[str, ...], told: str
) -> None:
    result = sealgate("policy", "explain", *options)
    assert result.exit_code == 2
    assert told in result.stderr


def test_policies_with_mistakes_explain_nothing(sealgate: CommandLine) -> None:
    rewrite(sealgate.trial.policies / "systems.yaml", "company: east", "company: west")
    result = sealgate("policy", "explain", *ORDINARY)
    assert result.exit_code == 2
    assert "no Company is called `west`" in result.stderr


def test_an_explanation_imagines_what_intake_rules_find(sealgate: CommandLine) -> None:
    amount = ("-a", "amount_cents=1")
    result = sealgate("policy", "explain", *ORDINARY, *amount, "--finding", "active-content")
    assert result.exit_code == 1
    assert "intake/active-content: an imagined finding: it can change" in result.stdout
    accepted = sealgate("policy", "explain", *ORDINARY, *amount, "--finding", "form-fields")
    assert accepted.exit_code == 0, accepted.output
    unknown = sealgate("policy", "explain", *ORDINARY, *amount, "--finding", "activ-content")
    assert unknown.exit_code == 2
    assert "did you mean active-content?" in unknown.stderr


def test_what_may_be_meant_otherwise_is_noticed_with_its_place(sealgate: CommandLine) -> None:
    receipts = sealgate.trial.policies / "receipts.yaml"
    rewrite(receipts, "when: doc.pages <= 3 &&", "when: doc.pages <= 3 && doc.pages > 3 &&")
    strict = sealgate("policy", "check", "--strict", "--json")
    report = json.loads(strict.stdout)
    (note,) = [each for each in report["notes"] if each["code"] == "never-true"]
    assert (note["level"], note["file"], note["line"]) == ("warning", str(receipts), 12)
    assert note["path"] == "spec.permit[0].when"
    assert "[never-true]" in sealgate("policy", "check").stdout


def test_only_strict_refuses_a_warning(sealgate: CommandLine) -> None:
    seals = sealgate.trial.policies / "seals.yaml"
    text = seals.read_text(encoding="utf-8")
    first = text.split("\n---\n")[0]
    spare = first.replace("name: receipt-east", "name: spare").replace(
        "key: receipt-east", "key: receipt-east\n  sharesKeyWith: receipt-east"
    )
    seals.write_text(f"{text}---\n{spare}\n")
    assert sealgate("policy", "check").exit_code == 0
    strict = sealgate("policy", "check", "--strict")
    assert strict.exit_code == 1
    assert "nobody can use the seal: no permit speaks of it" in strict.stdout
    assert "warnings, which --strict does not let pass" in strict.stdout


def test_the_trials_own_policies_have_nothing_to_be_noticed(sealgate: CommandLine) -> None:
    report = json.loads(sealgate("policy", "check", "--strict", "--json").stdout)
    assert (report["ok"], report["notes"]) == (True, [])
