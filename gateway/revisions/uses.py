"""What an object that an update writes over is used for besides. Runs in children only.

A list of fonts, forms or graphics states is drawn with by the names of its entries. Where it is the
catalogue, the form or a field at once, a signature's entry takes the place of one that is missing,
and what was drawn with a reader's own font is not drawn any more. And an array of fields or
annotations may be the page's box, or the parts of its content: with a fifth number, or a part that
is none, a reader shows another page, or an empty one.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Final

from gateway.revisions.faults import RevisionFaultError
from gateway.revisions.lists import LISTS
from gateway.revisions.missing import mentions

_SPACE: Final = b"\0\t\n\f\r "
_KEY: Final = re.compile(rb"/([^\0\t\n\f\r /<>\[\](){}%]*)\Z")
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_LINE_END: Final = re.compile(rb"[\r\n]")
_NEAR: Final = 128
_UNTOLD: Final = b"obj"
"""No key of ours: what stands before a reference that is all of an object, say."""


def refuse_other_uses(
    parts: Iterable[bytes], dictionaries: Collection[int], arrays: Mapping[int, str]
) -> None:
    """See that nothing is drawn by these objects.

    Args:
        parts: of the document before the update, see `gateway.revisions.missing.written_parts`.
        dictionaries: numbers of objects that the update writes over.
        arrays: numbers of others, each with the one key that may lead to it.

    Raises:
        RevisionFaultError: `content-changed`.
    """
    for written in parts:
        for number in dictionaries:
            for key in _keys_of(written, number):
                if key == _UNTOLD or key in LISTS:
                    raise _used_besides(number)
        for number, own in arrays.items():
            for key in _keys_of(written, number):
                if key != own.encode():
                    raise _used_besides(number)


def _used_besides(number: int) -> RevisionFaultError:
    return RevisionFaultError("content-changed", f"object {number} is used for something else, too")


def _keys_of(written: bytes, number: int) -> Iterator[bytes]:
    """The keys that lead to an object; empty: an array has it; `_UNTOLD`: nobody can say."""
    for at in mentions(written, b"%d" % number):
        head = written[max(0, at - _NEAR) : at].rstrip(b"0").rstrip(_SPACE)
        key = _KEY.search(head)
        if b"%" in _LINE_END.split(head)[-1] or (key is None and head.endswith(b"obj")):
            yield _UNTOLD
        elif key is None:
            yield b""
        else:
            yield _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), key[1])
