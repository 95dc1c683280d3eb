"""What `sealgate seal` asks for, and under which idempotency key."""

import codecs
import hashlib
import json
from pathlib import Path

import pytest

from gateway.cli.seal.submissions import SubmissionsError, from_files, from_lines
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


def written(directory: Path, content: bytes) -> Path:
    (directory / "a.pdf").write_bytes(b"%PDF")
    file = directory / "r.jsonl"
    file.write_bytes(content)
    return file


def refusal(directory: Path, content: bytes) -> str:
    with pytest.raises(SubmissionsError) as refused:
        list(from_lines(written(directory, content), seal="company"))
    return str(refused.value).removeprefix(f"{directory}/")


def line(**changes: object) -> bytes:
    return json.dumps({**LINE, **changes}, ensure_ascii=False).encode()


def test_a_file_that_a_windows_program_saved_is_read_alike(tmp_path: Path) -> None:
    plain = line(business_number="回单-1\u2028第二行")
    windows = codecs.BOM_UTF8 + plain + b"\r\n\r\n"
    (one,) = from_lines(written(tmp_path, plain), seal="company")
    (other,) = from_lines(written(tmp_path, windows), seal="company")
    assert one == other
    assert one[1].business_number == "回单-1\u2028第二行"


def test_a_file_in_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    told = "is not UTF-8; save it as UTF-8"
    gbk = json.dumps({**LINE, "business_number": "回单"}, ensure_ascii=False).encode("gbk")
    assert refusal(tmp_path, line() + b"\n" + gbk) == f"r.jsonl:2 {told}"
    assert refusal(tmp_path, line().decode().encode("utf-16")) == f"r.jsonl:1 {told}"


@pytest.mark.parametrize("content", [b"", b"\r\n\n", codecs.BOM_UTF8])
def test_a_file_that_asks_for_nothing_is_an_error(tmp_path: Path, content: bytes) -> None:
    assert refusal(tmp_path, content).startswith("r.jsonl is empty")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (
            b'{"file": "a.pdf", "documentType": "x"}',
            "unknown key `documentType`; did you mean `document_type`?",
        ),
        (
            line(zzz=1),
            (
                "unknown key `zzz`; known are file, document_type, business_number, attributes, "
                "placement, further"
            ),
        ),
        (b'{"file": "a.pdf"}', "document_type: required, but missing"),
        (
            line(placement="corner"),
            "placement: should be an object or a list of objects, as docs/api.md has them",
        ),
        (
            line(attributes={"amount": 1.5}),
            "attributes.amount: should be text, true or false, or a whole number",
        ),
    ],
)
def test_a_mistake_is_told_in_the_words_of_the_file(
    tmp_path: Path, content: bytes, told: str
) -> None:
    assert refusal(tmp_path, b"\n" + content) == f"r.jsonl:2: {told}"
