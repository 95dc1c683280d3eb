"""`sealgate seal` and `sealgate` itself: what is said when nothing can be asked."""

import re
from importlib.metadata import version
from pathlib import Path

import aiohttp
import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.asking import unanswered
from tests.document_fixtures import receipt
from tests.unit.cli.conftest import CommandLine


def words(text: str) -> str:
    """The text without the frames and colours of a help page, on one line."""
    return " ".join(re.sub(r"\x1b\[[0-9;]*m|[│╭╮╰╯─]", " ", text).split())


def test_without_a_gateway_it_says_how_to_start_one(sealgate: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(receipt("cairo-a4-201"))
    http = sealgate.config.http
    result = sealgate(
        *("seal", tmp_path / "a.pdf", "--seal", "receipt-east", "--type", "logistics-receipt"),
        *("-o", tmp_path / "out"),
    )
    assert result.exit_code == 2
    assert (
        f"no gateway at http://{http.host}:{http.port}: start it with `sealgate serve` (or `make "
        "serve`), or see `sealgate doctor`" in words(result.stderr)
    )
    assert "Cannot connect" not in result.stderr


@pytest.mark.parametrize("url", ["gateway", "gateway:8443", "http://", "http://gateway:99999"])
def test_an_address_that_is_none_is_told(sealgate: CommandLine, tmp_path: Path, url: str) -> None:
    (tmp_path / "a.pdf").write_bytes(b"%PDF")
    result = sealgate(
        *("seal", tmp_path / "a.pdf", "--seal", "s", "--type", "t", "-o", tmp_path / "out"),
        *("--url", url),
    )
    assert result.exit_code == 2
    assert "write it as http://HOST:PORT" in words(result.stderr)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TimeoutError(), "did not answer in time"),
        (aiohttp.ServerDisconnectedError(), "broke the connection"),
    ],
)
def test_an_answer_that_does_not_come_is_told_with_what_to_do(error: Exception, told: str) -> None:
    sentence = unanswered("http://g:1", error)
    assert told in sentence
    assert "run the command again" in sentence


def test_the_help_names_what_a_request_may_have_and_the_exit_codes() -> None:
    told = words(CliRunner().invoke(app, ["seal", "--help"]).stdout)
    assert "counted from the folder of this file" in told
    assert "placement and further" in told
    assert "2 when that could not be told" in told


def test_the_version_is_that_of_the_package() -> None:
    result = CliRunner().invoke(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"sealgate {version('sealgate')}\n")
