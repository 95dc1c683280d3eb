"""The vectors of transcripts: ours and a verifier that knows nothing of us find what is in them."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cloud_bridge.envelopes.transcript import verify

_EXAMPLE = Path(__file__).parents[3] / "examples" / "verify_transcript.py"
_FOLDER = Path(__file__).parents[2] / "vectors" / "transcripts"
_EXPECTED: dict[str, Any] = json.loads((_FOLDER / "expected.json").read_text(encoding="utf-8"))
_VECTORS = {each["name"]: each for each in _EXPECTED["transcripts"]}
_DOCUMENT = _FOLDER / "采购合同.pdf"
_NEEDS_THE_RULES = {"not-allowed", "not-allowed--turn"}
"""What only the fold finds: who may say what, and when."""


def _roots() -> list[bytes]:
    root = x509.load_pem_x509_certificate((_FOLDER / "root.pem").read_bytes())
    return [root.public_bytes(Encoding.DER)]


@pytest.mark.parametrize("name", _VECTORS)
def test_we_find_what_is_in_each(name: str) -> None:
    found = verify(
        (_FOLDER / f"{name}.json").read_bytes(),
        roots=_roots(),
        at=datetime.fromisoformat(_EXPECTED["at"]),
        documents={},
        network_key=_EXPECTED["networkKey"],
    )
    faults = [[each.fault, each.entry] for each in found.findings]
    assert faults == _VECTORS[name]["faults"]


def _run(tmp_path: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-X", "utf8", _EXAMPLE, *map(str, arguments)],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("name", _VECTORS)
def test_a_verifier_of_nobodys_finds_it_too(name: str, tmp_path: Path) -> None:
    run = _run(tmp_path, _FOLDER / f"{name}.json")
    holds = not _VECTORS[name]["faults"] or name in _NEEDS_THE_RULES
    assert (run.returncode == 0) == holds, run.stderr
    if not holds and name not in {"unreadable", "card-untrusted"}:
        assert f"entry {_VECTORS[name]['faults'][0][1]}:" in run.stderr


def test_the_document_and_the_cards_are_verified_with_openssl(tmp_path: Path) -> None:
    run = _run(tmp_path, _FOLDER / "holds.json", _DOCUMENT)
    assert run.returncode == 0, run.stderr
    assert "采购合同.pdf is the one that was signed last" in run.stdout
    assert "this key is the file's own word" in run.stdout
    for number in (1, 2):
        command = (
            f"openssl cms -verify -binary -inform DER -in card-{number}.der "
            f"-content card-{number}.json -CAfile {_FOLDER / 'root.pem'} -purpose any -out told"
        )
        assert command.split("-CAfile", maxsplit=1)[0] in run.stdout
        subprocess.run(command.split(), cwd=tmp_path, check=True, capture_output=True)
        assert (tmp_path / "told").read_bytes() == (tmp_path / f"card-{number}.json").read_bytes()


def test_another_document_is_told(tmp_path: Path) -> None:
    other = tmp_path / "采购合同.pdf"
    other.write_bytes(_DOCUMENT.read_bytes() + b"\n")
    run = _run(tmp_path, _FOLDER / "holds.json", other)
    assert run.returncode == 1
    assert "not the document" in run.stderr
