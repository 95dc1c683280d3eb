"""What `sealgate seal` asks for, and under which idempotency key."""

import hashlib
import json
from pathlib import Path

import pytest

from gateway.cli.submissions import SubmissionsError, from_files, from_lines
from gateway.client import Submission

LINE: dict[str, object] = {"file": "a.pdf", "document_type": "contract", "business_number": "HT-1"}
REPRESENTATIVE = {"seal": "legal-rep-li", "placement": {"page": 1}}


def read(directory: Path, line: dict[str, object], *, further: tuple[str, ...] = ()) -> Submission:
    (directory / "a.pdf").write_bytes(b"%PDF")
    (directory / "r.jsonl").write_text(json.dumps(line))
    ((_, submission),) = from_lines(directory / "r.jsonl", seal="company", further=further)
    return submission


def test_without_further_seals_the_key_is_that_of_earlier_versions(tmp_path: Path) -> None:
    asked = '{"document_type":"contract","business_number":"HT-1","attributes":{},"placement":null}'
    parts = (b"%PDF", b"company", asked.encode())
    key = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()
    assert read(tmp_path, LINE).idempotency_key == key


def test_a_lines_own_further_seals_win_over_the_commands(tmp_path: Path) -> None:
    own = {**LINE, "further": [REPRESENTATIVE]}
    assert read(tmp_path, LINE, further=("other",)).further == [{"seal": "other"}]
    assert read(tmp_path, own, further=("other",)).further == [REPRESENTATIVE]
    assert read(tmp_path, {**LINE, "further": []}, further=("other",)).further == []


def test_other_further_seals_are_another_request(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    file.write_bytes(b"%PDF")
    keys = set()
    for further in ((), ("one",), ("two",), ("one", "two"), ("two", "one")):
        ((_, submission),) = from_files(
            [file], seal="company", document_type="contract", attributes={}, further=further
        )
        keys.add(submission.idempotency_key)
    assert len(keys) == 5


def test_a_line_that_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(SubmissionsError, match=r"r\.jsonl:1: further"):
        read(tmp_path, {**LINE, "further": "legal-rep-li"})
