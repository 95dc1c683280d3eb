"""What the demo of contracts keeps as evidence, and by whom it has it judged."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from examples.envelopes import proving
from examples.envelopes.companies import Company
from examples.envelopes.following import Sent
from examples.envelopes.proving import Evidence, prove


def test_no_contract_is_written_over_another(tmp_path: Path) -> None:
    carrier, buyer = (Company(name, tmp_path / name) for name in ("carrier", "buyer"))
    files = [
        file
        for at in (carrier, buyer)
        for document in ("采购合同.pdf", "任务确认书.pdf", "签收单.pdf")
        for file in Sent("id", carrier, tmp_path).files(at, document)
    ]
    assert len(set(files)) == len(files)
    assert tmp_path / "采购合同.carrier.transcript.json" in files


def test_the_networks_ca_for_persons_says_of_no_company_who_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def run(words: Any, **_more: object) -> subprocess.CompletedProcess[str]:  # noqa: ANN401
        ran.append([str(each) for each in words])
        return subprocess.CompletedProcess(words, 0, stdout="Signature is Valid.", stderr="")

    monkeypatch.setattr(proving.subprocess, "run", run)
    document = tmp_path / "carrier-签收单.pdf"
    document.write_bytes(b"%PDF-")
    evidence = Evidence(
        document=document,
        signatures=1,
        transcripts=[tmp_path / "签收单.carrier.transcript.json"],
        roots=tmp_path / "companies.pem",
        persons_root=tmp_path / "persons-root.pem",
        network_key="key",
        name="签收单.pdf",
    )
    assert prove(evidence) == []
    (of_paper,) = (words for words in ran if words[1] == "verify")
    (of_record,) = (words for words in ran if words[1:3] == ["envelope", "verify"])
    persons = str(evidence.persons_root)
    assert persons in of_paper
    assert persons not in of_record
    assert of_record[of_record.index("--roots") + 1] == str(evidence.roots)
