"""A command loads what it needs, and nothing for the others."""

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.later import LaterCommand
from tests.commands import every_command

_ASK = """
import sys
from gateway.cli.app import app
try:
    app(sys.argv[1:])
except SystemExit:
    print("loaded", *sorted(sys.modules))
"""
_READERS = {"pyhanko", "pypdfium2", "pikepdf", "PIL", "picosvg", "cel_expr_python", "pkcs11"}
_HEAVY = _READERS | {"sqlalchemy", "aiohttp", "cryptography", "yaml", "gateway.config"}


@pytest.mark.parametrize(
    ("words", "never"),
    [
        (["--help"], _HEAVY),
        (["policy", "--help"], _HEAVY),
        (["--version"], _HEAVY),
        # An emergency: it waits for no database, no policies and no readers of documents.
        (["freeze", "--help"], (_READERS - {"pkcs11"}) | {"sqlalchemy", "policies.loader"}),
        (["policy", "check", "--help"], {"sqlalchemy", "aiohttp", "pkcs11"}),
    ],
    ids=lambda each: " ".join(sorted(each) if isinstance(each, set) else each),
)
def test_a_command_loads_nothing_that_only_others_need(words: list[str], never: set[str]) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _ASK, *words], capture_output=True, text=True, check=True
    )
    loaded = told.stdout.rpartition("loaded ")[2].split()
    assert "typer" in loaded
    assert not set(loaded) & never


@pytest.mark.parametrize("command", every_command().values(), ids=every_command())
def test_the_list_of_commands_says_what_their_own_help_begins_with(command: LaterCommand) -> None:
    itself = command.loaded()
    assert itself.name == command.name
    assert (itself.help or "").split("\n\n")[0] == command.help


def test_a_command_that_is_no_command_is_told_with_what_may_be_meant() -> None:
    result = CliRunner().invoke(app, ["frieze"])
    assert result.exit_code == 2
    assert "'freeze'" in result.stderr
