"""`sealgate audit show --envelope`: all that the log has of one contract, and nothing else."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli import audit as audit_command
from gateway.cli.app import app
from gateway.envelopes.causes import trace_of
from gateway.store.engines.database import SQLiteFile
from tests.running_gateway import RECEIPT
from tests.signing_house import request, signing_house

_ENVELOPE = "11111111-2222-4333-8444-555555555555"


def _shown(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", "show", *words])


async def test_what_was_sealed_for_an_envelope_is_found_by_its_id(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with signing_house(tmp_path) as house:
        of_it = replace(request(), origin=f"envelope:{_ENVELOPE}", trace_id=trace_of(_ENVELOPE))
        await house.service.seal(of_it, RECEIPT)
        await house.service.seal(request("another"), RECEIPT)
    database = SQLiteFile(str(tmp_path / "test.sqlite"))
    monkeypatch.setattr(audit_command, "configuration", lambda _path: None)
    monkeypatch.setattr(audit_command, "database_of", lambda _installation: database)
    done = _shown("--envelope", _ENVELOPE, "--json")
    assert done.exit_code == 0, done.stderr
    records = [json.loads(line) for line in done.stdout.splitlines()]
    # The outcome does not name the envelope; it is found by the trace that both have.
    assert [each["kind"] for each in records] == ["intent", "outcome"]
    assert {each["trace"] for each in records} == {trace_of(_ENVELOPE)}
    assert _shown("--envelope", "another-envelope").exit_code == 1
