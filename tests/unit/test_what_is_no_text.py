"""msgspec tells bytes that are no UTF-8 by another error than bytes that are no JSON.

Whoever reads what another process, a file or a table says has to expect both: the one that was
forgotten goes up to the top and takes a whole task along.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

_ROOT = Path(__file__).parents[2]
_ROOMS = ("cloud_bridge", "connectors", "gateway", "hsm", "policies", "processes", "strictyaml")
_BOTH = {"UnicodeDecodeError", "UnicodeError", "ValueError", "Exception", "BaseException"}


@pytest.mark.parametrize(
    ("decode", "content"), [(msgspec.json.decode, b'"\x80"'), (msgspec.msgpack.decode, b"\xa1\x80")]
)
def test_it_is_another_error(decode: Callable[[bytes], object], content: bytes) -> None:
    with pytest.raises(UnicodeDecodeError) as refused:
        decode(content)
    assert not isinstance(refused.value, msgspec.DecodeError)


def test_whoever_expects_the_one_expects_the_other() -> None:
    forgot = [
        f"{file.relative_to(_ROOT)}:{line}"
        for room in _ROOMS
        for file in (_ROOT / room).rglob("*.py")
        for line, names in _caught(file)
        if "DecodeError" in names and not _BOTH & names
    ]
    assert not forgot


def _caught(file: Path) -> Iterator[tuple[int, set[str]]]:
    """Of each `except`: its line, and the last names of what it catches."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ExceptHandler) and node.type is not None:
            each = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            yield node.lineno, {ast.unparse(one).rpartition(".")[2] for one in each}
