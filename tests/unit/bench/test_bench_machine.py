"""Whether a run was disturbed, and whether it measured one program."""

from pathlib import Path

from bench.machine import Elsewhere, code_digest


def _room(checkout: Path, text: str) -> None:
    (checkout / "gateway").mkdir(exist_ok=True)
    (checkout / "gateway" / "x.py").write_text(text, encoding="utf-8")


def test_a_change_of_the_code_changes_its_digest(tmp_path: Path) -> None:
    _room(tmp_path, "a = 1\n")
    before = code_digest(tmp_path)
    assert code_digest(tmp_path) == before
    _room(tmp_path, "a = 2\n")
    assert code_digest(tmp_path) != before


def test_a_file_that_is_no_code_does_not_change_the_digest(tmp_path: Path) -> None:
    _room(tmp_path, "a = 1\n")
    before = code_digest(tmp_path)
    (tmp_path / "gateway" / "notes.txt").write_text("x", encoding="utf-8")
    assert code_digest(tmp_path) == before


def test_the_busiest_measurement_is_the_one_that_counts() -> None:
    elsewhere = Elsewhere()
    elsewhere.most = 1000.0
    with elsewhere.watched():
        sum(range(100_000))
    assert elsewhere.most == 1000.0
