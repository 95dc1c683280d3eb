"""Python in a process of its own, for what a process cannot take back."""

import json
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

InAProcess = Callable[..., Any]

_PRELUDE = """
import json, os, sys
from pathlib import Path

def outcome(action):
    try:
        action()
    except Exception as error:
        return type(error).__name__
    return "done"
"""
_EPILOGUE = "\nprint(json.dumps(answer))"


@pytest.fixture
def in_a_process() -> InAProcess:
    """Runs the script, which finds `outcome` there, and gives what it assigned to `answer`."""

    def run(script: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever JSON carries
        finished = subprocess.run(
            [
                sys.executable,
                "-c",
                _PRELUDE + textwrap.dedent(script) + _EPILOGUE,
                *map(str, arguments),
            ],
            cwd=Path(__file__).parents[3],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert finished.returncode == 0, finished.stderr
        return json.loads(finished.stdout)

    return run
