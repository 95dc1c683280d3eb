"""The words that a support bundle may have: those of the program's own messages.

Nothing is looked for that might be a secret, since nobody can list those. What others gave (a name,
a number, a token, a path) is no word of ours, and so it goes.
"""

import ast
import builtins
import os
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_PACKAGES: Final = (
    "gateway",
    "hsm",
    "processes",
    "connectors",
    "cloud_bridge",
    "policies",
    "strictyaml",
)
_WITH_EXAMPLES: Final = frozenset({"trial"})
_ERRNOS: Final = 134
_WORD: Final = re.compile(r"[A-Za-z]+")
_JOINED: Final = re.compile(r"[A-Za-z_]+(?:[./][A-Za-z_]+)+(?<!\.example)")
_OF_THE_SYSTEM: Final = """
    Started Starting Stopped Stopping Reloading Main process exited code exited status FAILURE
    Failed with result exit-code signal core-dump timeout watchdog Scheduled restart job restart
    counter is at Deactivated successfully Consumed CPU time Killing killed SIGKILL SIGTERM SIGABRT
    Succeeded Unit entered failed state Start request repeated too quickly oom-kill Dependency
    Traceback most recent call last File line in During handling of the above exception another
    occurred Segmentation fault Killed Aborted Out of memory address already in use
    active inactive activating deactivating running dead success enabled disabled
    certificate verify failed unable to get local issuer self-signed hostname mismatch expired
    database is locked malformed disk image readonly table such no column connection refused reset
"""


@cache
def own_words() -> frozenset[str]:
    """The words in the texts of our programs and of the system, written as they are there.

    Names with dots and strokes (`hsm.keys`) are words as a whole.

    What explains the code (docstrings, comments) and what makes a trial is left out: examples have
    names in them.
    """
    words = {word for package in _PACKAGES for word in _of(files(package))}
    words.update(_WORD.findall(_OF_THE_SYSTEM))
    words.update(dir(builtins))
    for number in range(1, _ERRNOS):
        words.update(_WORD.findall(os.strerror(number)))
    return frozenset(words)


def _of(folder: Traversable) -> Iterator[str]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in _WITH_EXAMPLES:
            yield from _of(entry)
        elif entry.name.endswith(".py"):
            yield from _WORD.findall(entry.name)
            yield from _in_texts(ast.parse(entry.read_text(encoding="utf-8")))


def _in_texts(tree: ast.Module) -> Iterator[str]:
    explained = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if id(node) not in explained:
                yield from _WORD.findall(text)
                yield from _JOINED.findall(text)
            case ast.ClassDef(name=name):
                yield name
            case _:
                pass
