"""What the runbooks have somebody type at three in the morning runs, on a gateway as it is."""

import asyncio
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running_gateway import RunningGateway
from tests.unit.docs.markdown import ROOT, blocks

_RUNBOOKS = ROOT / "docs" / "operations" / "runbooks"
_SOURCES = [
    file
    for room in ("gateway", "hsm", "cloud_bridge", "processes", "connectors")
    for file in (ROOT / room).rglob("*.py")
]
_FOUND_SOMETHING = 1
_USAGE = "Usage:"
_NO_BRIDGE = "has no section `bridge`"
"""As this gateway is: on no network."""


def _looks() -> list[str]:
    """Every line of the blocks of commands."""
    pages = sorted(_RUNBOOKS.glob("*.md"))
    found = [block for page in pages for block in blocks(page.read_text(encoding="utf-8"), "sh")]
    return [line for block in found for line in block.splitlines()]


def _commands() -> list[str]:
    """Those of ours; what they print goes to no filter here."""
    lines = {line.partition(" | ")[0] for line in _looks() if line.startswith("sealgate ")}
    return sorted(lines)


@pytest.mark.timeout(180)
async def test_each_command_of_ours_answers(shared_gateway: RunningGateway) -> None:
    await shared_gateway.seal()
    commands = _commands()
    assert len(commands) > 8
    # As the page before all others has it: the configuration is named once.
    environment = {**os.environ, "SEALGATE_CONFIG": str(shared_gateway.trial.config_file)}
    for line in commands:
        done = await asyncio.to_thread(
            subprocess.run,
            [sys.executable, "-m", "gateway", *shlex.split(line)[1:]],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        told = f"{line}: {done.returncode}\n{done.stdout}{done.stderr}"
        # 1 says that something was found, or that there is nothing to show; 2 is a failure.
        assert done.returncode <= _FOUND_SOMETHING or _NO_BRIDGE in done.stderr + done.stdout, told
        assert _USAGE not in done.stderr, told


def test_the_words_that_are_looked_for_in_the_log_are_written_there() -> None:
    code = "\n".join(file.read_text(encoding="utf-8") for file in _SOURCES)
    looked_for: set[str] = set()
    for line in _looks():
        if not line.startswith("journalctl"):
            continue
        for pattern in re.findall(r"grep (?:-\w+ )?'?([^'| ][^']*?)'?(?= \||$)", line):
            looked_for |= set(re.findall(r"[a-z]+_[a-z_]*[a-z]", pattern))
    assert {"network_lies", "checkpoint_failed", "signer_hung"} <= looked_for
    unknown = {word for word in looked_for if word not in code}
    assert unknown == set()


def test_every_block_of_commands_can_be_read_by_a_shell() -> None:
    for line in _looks():
        lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
        assert list(lexer), line


def test_the_log_is_looked_at_where_the_units_write_it() -> None:
    units = {file.stem for file in (ROOT / "deploy" / "systemd").glob("*.service")}
    named = set(re.findall(r"(?:-u|status|restart) (sealgate[\w-]*)", "\n".join(_looks())))
    assert named <= units
    assert Path(_RUNBOOKS, "README.md").exists()
