"""`sealgate hsm ceremony` on a real SoftHSM token."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway import __version__
from tests.unit.cli.conftest import CommandLine, rewrite

_EXAMPLE = Path(__file__).parents[4] / "examples" / "ceremony.yaml"
_EAST, _SOUTH = "receipt-east-2027", "receipt-south-2027"


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """The example, for the trial's token."""
    file = tmp_path / "ceremony.yaml"
    file.write_bytes(_EXAMPLE.read_bytes())
    rewrite(file, "token: seals", "token: sealgate-demo")
    rewrite(file, "bits: 3072", "bits: 2048")  # quicker to make
    return file


def _acts(sealgate: CommandLine) -> list[tuple[str, str]]:
    notes = sorted(sealgate.config.key_acts.glob("*.act.json"))
    read = [json.loads(each.read_text(encoding="utf-8")) for each in notes]
    return [(each["what"], each["key"]) for each in read]


def test_a_ceremony_makes_keys_requests_and_a_protocol_that_fits_them(
    sealgate: CommandLine, plan: Path, tmp_path: Path
) -> None:
    place = tmp_path / "held"
    result = sealgate("hsm", "ceremony", plan, "--out", place, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert told["fileSha256"] == hashlib.sha256(plan.read_bytes()).hexdigest()
    assert told["sealgate"] == __version__
    assert told["token"]["label"] == "sealgate-demo"
    assert len(told["token"]["serial"]) == 16
    assert [each["state"] for each in told["token"]["keys"]] == ["made", "made"]
    for key, request in zip(told["token"]["keys"], told["requests"], strict=True):
        attributes = key["attributes"]
        assert attributes["EXTRACTABLE"] is False
        assert attributes["NEVER_EXTRACTABLE"] is True
        assert attributes["ALWAYS_SENSITIVE"] is True
        assert attributes["SIGN"] is True
        for other in ("DECRYPT", "UNWRAP", "DERIVE", "SIGN_RECOVER"):
            assert attributes[other] is False, other
        asked = x509.load_pem_x509_csr((place / request["file"]).read_bytes())
        assert asked.is_signature_valid
        public = asked.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        assert hashlib.sha256(public).hexdigest() == key["publicKeySha256"]
    (written,) = place.glob("protocol-*.json")
    (text,) = place.glob("protocol-*.txt")
    paper = text.read_text(encoding="utf-8")
    assert hashlib.sha256(written.read_bytes()).hexdigest() in paper
    assert json.loads(written.read_text(encoding="utf-8")) == told
    for name in ("王芳", "李强", told["token"]["serial"], told["fileSha256"]):
        assert name in paper
    assert _acts(sealgate) == [
        ("made", _EAST),
        ("made", _SOUTH),
        ("request", _EAST),
        ("request", _SOUTH),
    ]


def test_a_check_says_what_would_be_done_and_does_nothing(
    sealgate: CommandLine, plan: Path, tmp_path: Path
) -> None:
    place = tmp_path / "held"
    for _ in range(2):
        result = sealgate("hsm", "ceremony", plan, "--check", "--out", place)
        assert result.exit_code == 0, result.output
        assert result.stdout.count("would be made") == 2
    assert not place.exists()
    assert _acts(sealgate) == []


def test_a_ceremony_that_broke_off_goes_on_and_a_whole_one_changes_nothing(
    sealgate: CommandLine, plan: Path, tmp_path: Path
) -> None:
    # As it would be after a stop: one key is made, without its request.
    first = tmp_path / "first.yaml"
    head, _, rest = plan.read_text(encoding="utf-8").partition(f"  - id: {_SOUTH}")
    first.write_text(f"{head}witnesses:{rest.partition('witnesses:')[2]}", encoding="utf-8")
    rewrite(first, "    subject: CN=示例物流（华东）有限公司 回单章", "    # subject: CN=")
    place = tmp_path / "held"
    assert sealgate("hsm", "ceremony", first, "--out", place).exit_code == 0
    told = []
    for _ in range(2):
        result = sealgate("hsm", "ceremony", plan, "--out", place, "--json")
        assert result.exit_code == 0, result.output
        told.append(json.loads(result.stdout))
    states = [[each["state"] for each in run["token"]["keys"]] for run in told]
    assert states == [["found", "made"], ["found", "found"]]
    assert told[0]["requests"] == told[1]["requests"]
    prints = [[each["publicKeySha256"] for each in run["token"]["keys"]] for run in told]
    assert prints[0] == prints[1]
    assert len(list(place.glob("protocol-*.json"))) == 3
    assert len(_acts(sealgate)) == 4


def test_a_key_that_is_there_and_is_another_stops_it_before_anything_is_made(
    sealgate: CommandLine, plan: Path, tmp_path: Path
) -> None:
    rewrite(plan, f"label: {_SOUTH}", "label: receipt-east")  # an RSA key of the trial
    result = sealgate("hsm", "ceremony", plan, "--check")
    assert result.exit_code == 1
    assert "IS NOT WHAT WAS PLANNED" in result.stdout
    result = sealgate("hsm", "ceremony", plan, "--out", tmp_path / "held")
    assert result.exit_code == 2
    assert f"key '{_SOUTH}'" in result.stderr
    assert _acts(sealgate) == []
    rewrite(plan, "label: receipt-east\n", f"label: {_SOUTH}\n")
    assert sealgate("hsm", "ceremony", plan, "--check").stdout.count("would be made") == 2


def test_another_file_in_a_requests_place_is_told_before_the_key_is_used(
    sealgate: CommandLine, plan: Path, tmp_path: Path
) -> None:
    place = tmp_path / "held"
    place.mkdir()
    (place / f"{_EAST}.csr.pem").write_text("mine", encoding="utf-8")
    result = sealgate("hsm", "ceremony", plan, "--out", place)
    assert result.exit_code == 2
    assert "move it away" in result.stderr
    assert ("request", _EAST) not in _acts(sealgate)


def test_a_key_of_another_length_is_another(
    sealgate: CommandLine, plan: Path, tmp_path: Path
) -> None:
    place = tmp_path / "held"
    assert sealgate("hsm", "ceremony", plan, "--out", place).exit_code == 0
    rewrite(plan, "bits: 2048", "bits: 4096")
    result = sealgate("hsm", "ceremony", plan, "--check")
    assert result.exit_code == 1
    assert "it has 2048 bits instead of 4096" in result.stdout


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("non_extractable: true", "non_extractable: false", "non_extractable"),
        ("sign_only: true\n", "\n", "sign_only"),
        ("bits: 2048", "bits: 1024", "bits"),
        ("mechanism: ecdsa-p256-sha256", "mechanism: ecdsa-p256-sha256\n    bits: 2048", "bits"),
        (
            "subject: CN=示例物流（华南）",
            "subject: 示例物流（华南）",
            "is no name of a certificate",
        ),
        ("id: receipt-south-2027", "id: receipt-east-2027", "the same `id`"),
        ("  - {name: 李强, role: 审计}\n", "", "witnesses"),
        ("token: sealgate-demo", "tokens: sealgate-demo", "did you mean `token`"),
        ("{name: 李强, role: 审计}", '{name: " 王芳 ", role: 审计}', "name each person once"),
        ("{name: 李强, role: 审计}", '{name: "李强\\nWitness: X", role: 审计}', "nobody sees"),
        ("{name: 李强, role: 审计}", '{name: "李强\\e[2J", role: 审计}', "nobody sees"),
    ],
)
def test_a_plan_that_is_wrong_is_told_with_its_line(
    sealgate: CommandLine, plan: Path, old: str, new: str, told: str
) -> None:
    rewrite(plan, old, new)
    result = sealgate("hsm", "ceremony", plan)
    assert result.exit_code == 2
    assert told in result.stderr
    assert f"{plan}:" in result.stderr


def test_another_token_than_the_plans_is_refused(
    sealgate: CommandLine, plan: Path, tmp_path: Path
) -> None:
    rewrite(plan, "token: sealgate-demo", "token: elsewhere")
    result = sealgate("hsm", "ceremony", plan, "--out", tmp_path / "held")
    assert result.exit_code == 2
    assert "the ceremony is for token 'elsewhere'" in result.stderr


def test_no_key_is_made_when_that_could_not_be_noted(
    sealgate: CommandLine, plan: Path, tmp_path: Path
) -> None:
    sealgate.config.key_acts.write_text("in the way", encoding="utf-8")
    result = sealgate("hsm", "ceremony", plan, "--out", tmp_path / "held")
    assert result.exit_code == 2
    assert "nothing was begun" in result.stderr
    sealgate.config.key_acts.unlink()
    assert sealgate("hsm", "ceremony", plan, "--check").stdout.count("would be made") == 2
