"""`sealgate inspect`: facts, findings and exit codes."""

import json
from pathlib import Path

from typer.testing import CliRunner, Result

from gateway.cli.app import app
from tests.document_fixtures import receipt
from tests.hostile.samples import SAMPLES, encrypted, field


def inspect(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["inspect", *map(str, arguments)])


def written(directory: Path, name: str, document: bytes) -> Path:
    file = directory / name
    file.write_bytes(document)
    return file


def test_a_good_file_with_a_chinese_name_exits_with_0(tmp_path: Path) -> None:
    file = written(tmp_path, "回单 001（华东）.pdf", receipt("handset-a4"))
    result = inspect(file)
    assert result.exit_code == 0, result.output
    assert f"accepted       {file}" in result.stdout
    assert "PDF 1.3, 50,684 bytes; pages 1, revisions 2, signatures 0" in result.stdout
    assert "several-revisions" in result.stdout


def test_a_refused_file_exits_with_1_and_says_what_where_and_what_to_do(tmp_path: Path) -> None:
    file = written(tmp_path, "a.pdf", SAMPLES["active-content"]["launch"]())
    result = inspect(file)
    assert result.exit_code == 1
    told = " ".join(result.stdout.split())
    assert f"REFUSED {file}" in told
    assert "active-content" in told
    assert "(/Launch)" in told
    assert "scripts" in told


def test_json_has_the_documented_shape(tmp_path: Path) -> None:
    file = written(tmp_path, "a.pdf", field("/FT/Tx", in_form=False))
    report = json.loads(inspect("--json", file, tmp_path / "missing.pdf").stdout)
    assert report["verdict"] == "refused"
    first, second = report["files"]
    assert first.keys() == {"file", "verdict", "why", "problem", "facts", "findings"}
    assert first["facts"].keys() == {"pages", "sizeBytes", "revisions", "signatures", "pdfVersion"}
    (finding,) = first["findings"]
    assert finding.keys() == {"rule", "refused", "detail", "reason", "cure"}
    assert (finding["rule"], finding["refused"]) == ("widget-outside-form", True)
    assert second["verdict"] == "could-not-tell"
    assert second["why"] == ["there is no such file"]


def test_what_cannot_be_read_at_all_exits_with_2(tmp_path: Path) -> None:
    good = written(tmp_path, "good.pdf", receipt("cairo-a4-201"))
    result = inspect(good, tmp_path)
    assert result.exit_code == 2
    assert "it is not a regular file" in result.stdout


def test_damage_is_told_as_the_gateway_would(tmp_path: Path) -> None:
    truncated = written(tmp_path, "t.pdf", receipt("cairo-a4-201")[:-500])
    locked = written(tmp_path, "l.pdf", encrypted())
    result = inspect(truncated, locked)
    assert result.exit_code == 1
    assert "document-truncated: " in result.stdout
    assert "document-encrypted: " in result.stdout


def test_a_file_name_cannot_speak_to_the_terminal(tmp_path: Path) -> None:
    hostile = written(tmp_path, "a\x1b[2Jaccepted\u202efdp.pdf", receipt("cairo-a4-201"))
    told = inspect(hostile).stdout
    assert "\x1b" not in told
    assert "\u202e" not in told
