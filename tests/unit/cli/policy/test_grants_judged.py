"""A grant (授权书) is only as good as its sealed PDF: there, unchanged, sealed by the grantor."""

import hashlib
import json
from pathlib import Path

import pytest

from tests.running_gateway import RECEIPT
from tests.unit.cli.conftest import CommandLine, rewrite

GRANT = """apiVersion: sealgate/v1
kind: SealGrant
metadata: {{name: east-receipts}}
spec:
  grantor: {grantor}
  grantee: {{system: tms}}
  seals: [receipt-{grantor}]
  documentTypes: [logistics-receipt]
  validFrom: 2026-01-01
  validUntil: 2028-12-31
"""
VECTORS = Path(__file__).parents[3] / "vectors" / "documents"


def granted(
    sealgate: CommandLine, pdf: bytes | None, *, grantor: str = "east", digest: str | None = None
) -> None:
    """Policies with a grant; None: its file is not there."""
    text = GRANT.format(grantor=grantor)
    file = sealgate.trial.policies / "grants" / "east.pdf"
    file.parent.mkdir()
    if pdf is not None:
        file.write_bytes(pdf)
    digest = digest or hashlib.sha256(pdf or b"").hexdigest()
    text += f"  document: {{file: grants/east.pdf, sha256: {digest}}}\n"
    (sealgate.trial.policies / "grants.yaml").write_text(text)


def mistakes(sealgate: CommandLine, *more: str | Path) -> list[str]:
    """What `policy check` has against the files."""
    result = sealgate("policy", "check", "--json", *more)
    report = json.loads(result.stdout)
    assert (result.exit_code == 0) == report["ok"] == (not report["mistakes"])
    return [each["message"] for each in report["mistakes"]]


def notes(sealgate: CommandLine) -> str:
    return "; ".join(json.loads(sealgate("policy", "check", "--json").stdout)["unchecked"])


def test_a_grant_that_the_grantor_has_sealed_is_good(
    sealgate: CommandLine, sealed_receipt: bytes
) -> None:
    granted(sealgate, sealed_receipt)
    assert mistakes(sealgate) == []
    assert notes(sealgate) == ""


def test_a_renewed_certificate_of_the_grantor_leads_to_a_root(
    sealgate: CommandLine, sealed_receipt: bytes
) -> None:
    granted(sealgate, sealed_receipt)
    # The seal has another certificate now; the grant was sealed with the old one.
    certificates = sealgate.trial.policies / "certificates"
    other = (certificates / "receipt-south.pem").read_bytes()
    (certificates / "receipt-east.pem").write_bytes(other)
    assert "is unclear" in notes(sealgate)
    assert mistakes(sealgate, "--trust", sealgate.trial.ca_file) == []


def test_a_pdf_that_is_missing_is_told(sealgate: CommandLine) -> None:
    granted(sealgate, None)
    (told,) = mistakes(sealgate)
    assert told == "grants/east.pdf cannot be read: No such file or directory"


def test_a_pdf_that_was_exchanged_is_told(sealgate: CommandLine, sealed_receipt: bytes) -> None:
    granted(sealgate, sealed_receipt, digest="ab" * 32)
    (told,) = mistakes(sealgate)
    assert "grants/east.pdf is another file than is meant: its SHA-256 is" in told


def test_a_pdf_that_was_altered_under_its_seal_is_told(
    sealgate: CommandLine, sealed_receipt: bytes
) -> None:
    at = sealed_receipt.index(b"stream") + 20
    altered = sealed_receipt[:at] + bytes([sealed_receipt[at] ^ 1]) + sealed_receipt[at + 1 :]
    granted(sealgate, altered)  # with the digest corrected
    (told,) = mistakes(sealgate)
    assert "a signature is not valid" in told


def test_a_grant_that_others_have_sealed_is_told(
    sealgate: CommandLine, sealed_receipt: bytes
) -> None:
    granted(sealgate, sealed_receipt, grantor="south")
    (told,) = mistakes(sealgate, "--trust", sealgate.trial.ca_file)
    assert "it is sealed by 示例物流（华东）有限公司" in told
    assert "and not by the grantor 示例物流（华南）有限公司" in told


@pytest.mark.parametrize("more", [(), ("--trust", VECTORS / "signed-approval-root.pem")])
def test_a_stranger_is_not_the_grantor_whoever_trusts_him(
    sealgate: CommandLine, more: tuple[str | Path, ...]
) -> None:
    granted(sealgate, (VECTORS / "signed-approval.pdf").read_bytes())
    (told,) = mistakes(sealgate, *more)
    assert "and not by the grantor" in told


def test_a_pdf_without_a_signature_is_told(sealgate: CommandLine) -> None:
    granted(sealgate, RECEIPT)
    (told,) = mistakes(sealgate)
    assert "grants/east.pdf: " in told


def test_a_grant_without_a_pdf_is_named(sealgate: CommandLine) -> None:
    (sealgate.trial.policies / "grants.yaml").write_text(GRANT.format(grantor="east"))
    assert mistakes(sealgate) == []
    assert notes(sealgate) == "grants without a sealed PDF (document:): east-receipts"


def test_the_doctor_tells_it_too(sealgate: CommandLine, sealed_receipt: bytes) -> None:
    granted(sealgate, sealed_receipt)
    assert _doctor(sealgate) == {"grant east-receipts": "ok"}
    rewrite(sealgate.trial.policies / "grants.yaml", "grantor: east", "grantor: south")
    rewrite(sealgate.trial.policies / "grants.yaml", "[receipt-east]", "[receipt-south]")
    assert _doctor(sealgate) == {"grant east-receipts": "failed"}


def _doctor(sealgate: CommandLine) -> dict[str, str]:
    findings = json.loads(sealgate("doctor", "--json").stdout)["findings"]
    return {each["part"]: each["state"] for each in findings if each["part"].startswith("grant")}
