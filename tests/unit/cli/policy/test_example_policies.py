"""The group of examples/policies: what officers read, check and test before they sign."""

import hashlib
import json
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from gateway.desk.answering import explained
from gateway.desk.imagining import imagine
from gateway.seals.in_force import read_sources
from policies.bundle import Bundle
from policies.kinds.policy import tests_of as written_tests
from policies.loader import load_bundle
from policies.reading.library import read_library
from policies.reading.schema import schema_text
from tests.unit.docs.markdown import ROOT, blocks, read

DIRECTORY = ROOT / "examples" / "policies"
NOW = datetime(2026, 11, 22, 4, tzinfo=UTC)


def sealgate(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    files = {
        path.relative_to(DIRECTORY).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in DIRECTORY.rglob("*")
        if path.is_file() and path.suffix != ".yaml"
    }
    return load_bundle(read_sources(DIRECTORY), files=files)


def test_the_example_has_no_mistake() -> None:
    result = sealgate("policy", "check", DIRECTORY)
    assert result.exit_code == 0, result.output
    assert "ok: 14 files, 38 tests pass, sha256:" in result.stdout


def test_the_tests_of_the_example_pass_and_each_policy_has_some() -> None:
    result = sealgate("policy", "test", DIRECTORY, "--json")
    assert result.exit_code == 0, result.output
    counted = Counter(each["policy"] for each in json.loads(result.stdout)["tests"])
    assert len(counted) == 9
    assert min(counted.values()) >= 2


def test_each_test_is_explained_with_the_verdict_that_it_expects(bundle: Bundle) -> None:
    library = read_library(read_sources(DIRECTORY))
    explanations = 0
    for policy in bundle.policies.values():
        written = written_tests(library.policies.documents[policy.name].value)
        for (_, spec), test in zip(written, policy.tests, strict=True):
            # An imagined request must say these two, and is not asked in a policy's time zone.
            said = {"seal": test.request.seal, "document_type": test.request.document_type}
            asked = spec.request.model_copy(update=said)
            report = explained(
                bundle, imagine(asked.model_copy(update={"at": test.at}), bundle, now=NOW)
            )
            assert report.verdict == test.expect, (policy.name, test.name)
            decided = {reason.rule for reason in report.decision.reasons}
            assert test.rule is None or test.rule in decided, (policy.name, test.name)
            explanations += 1
    assert explanations == 38


def test_it_is_a_whole_group(bundle: Bundle) -> None:
    assert bundle.governance is not None
    assert len(bundle.companies) == 5
    assert set(bundle.lines) == {"logistics", "finance", "sales", "hr"}
    assert {seal.line for seal in bundle.seals.values()} - {None} == set(bundle.lines)
    assert {role.power for role in bundle.roles.values()} == {
        "seal-manager",
        "seal-user",
        "auditor",
    }


def test_each_companys_own_lies_in_its_folder(bundle: Bundle) -> None:
    own = {name for name, policy in bundle.policies.items() if policy.managed_by == "self"}
    assert own == {"receipts-east", "receipts-south", "payments", "shop-contracts", "shop-invoices"}
    assert {system.managed_by for system in bundle.systems.values()} == {"group", "self"}


def test_another_companys_seal_is_put_on_by_a_grant_handed_on_once(bundle: Bundle) -> None:
    by_tms = bundle.grants["south-receipts-by-tms"]
    assert by_tms.under == "south-receipts"
    assert bundle.seals["receipt-south"].company == bundle.grants["south-receipts"].grantor
    assert bundle.systems[by_tms.grantee].company == by_tms.grantor


def test_every_file_that_is_named_is_there_and_no_other(bundle: Bundle) -> None:
    there = {path.relative_to(DIRECTORY).as_posix() for path in DIRECTORY.rglob("*.pem")}
    assert set(bundle.files) == there


def test_the_schema_is_given_by_the_command_line(tmp_path: Path) -> None:
    assert sealgate("policy", "schema").stdout == schema_text()
    file = tmp_path / "schema.json"
    assert sealgate("policy", "schema", "-o", file).exit_code == 0
    assert file.read_text(encoding="utf-8") == schema_text()
    result = sealgate("policy", "schema", "-o", tmp_path / "no" / "schema.json")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_a_receipt_with_another_amount_is_explained_by_the_rule_of_the_group(
    tmp_path: Path,
) -> None:
    texts = blocks(read("docs/policies.md"), "text")
    (written,) = (text for text in texts if text.startswith("system: tms"))
    request = tmp_path / "request.yaml"
    request.write_text(written, encoding="utf-8")
    report = told("--request", request)
    assert report["verdict"] == "denied"
    rules = [each["rule"] for each in report["decision"]["reasons"]]
    assert rules == ["receipts-say-what-is-asked/another-amount"]


def test_what_was_used_and_who_approved_can_be_imagined(tmp_path: Path) -> None:
    request = tmp_path / "request.json"
    asked = {"system": "erp", "seal": "finance-finance", "documentType": "payment-order"}
    monday = {"at": "2026-01-05T10:00:00+08:00"}
    doc = {"attributes": {"amount_cents": 100, "payee": "丙公司"}}
    for used, given, verdict in (
        (199, [], "allowed"),
        (200, [], "needs-approval"),
        (200, ["qian-wei"], "allowed"),
    ):
        before = {"used": {"seal_day": used}, "approvedBy": given}
        request.write_text(json.dumps({**asked, **monday, **before, "doc": doc}))
        assert told("--request", request)["verdict"] == verdict


def test_a_person_can_be_imagined_who_asks() -> None:
    wanted = ("--seal", "contract-group", "--type", "sales-contract")
    attributes = ("-a", "amount_cents=100", "-a", "buyer=乙公司")
    assert told("--person", "sun-lei", *wanted, *attributes)["verdict"] == "needs-approval"
    assert told("--person", "zhou-yan", *wanted, *attributes)["verdict"] == "denied"
    nobody = sealgate("policy", "explain", "-d", DIRECTORY, "--person", "sun-lai", *wanted)
    assert nobody.exit_code == 2
    assert "did you mean sun-lei?" in nobody.stderr


def told(*arguments: str | Path) -> Any:  # noqa: ANN401 - JSON
    return json.loads(sealgate("policy", "explain", "-d", DIRECTORY, "--json", *arguments).stdout)
