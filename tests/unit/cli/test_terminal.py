"""Errors in the words of who reads them."""

from pathlib import Path

import pytest
import typer
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.terminal import out, told_errors
from gateway.store.engines.database import open_writer


def test_a_file_that_is_not_there_is_told_by_name_and_without_a_number(tmp_path: Path) -> None:
    missing = tmp_path / "none.sealbundle"
    result = CliRunner().invoke(app, ["policy", "show", str(missing)])
    assert result.exit_code == 2
    assert result.stderr == f"error {missing}: No such file or directory\n"


def test_what_a_database_cannot_do_is_told_without_its_language(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    engine = open_writer(tmp_path / "other.sqlite")
    with (
        pytest.raises(typer.Exit) as ended,
        told_errors(SQLAlchemyError),
        engine.connect() as connection,
    ):
        connection.execute(text("SELECT sequence FROM bundles_of_another_version"))
    engine.dispose()
    assert ended.value.exit_code == 2
    told = capsys.readouterr().err
    assert "no such table: bundles_of_another_version. If another version wrote it" in told
    assert "SELECT" not in told
    assert "http" not in told


def test_a_program_gets_each_line_whole(capsys: pytest.CaptureFixture[str]) -> None:
    line = "采购合同 " * 100
    out.print(line)
    assert capsys.readouterr().out == f"{line}\n"


def test_what_is_no_bundle_is_told_by_its_name(tmp_path: Path) -> None:
    other = tmp_path / "config.yaml"
    other.write_text("policies:\n")
    result = CliRunner().invoke(app, ["policy", "show", str(other)])
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error {other}: no bundle")
