"""What an object that an update writes over is used for besides. Runs in children only.

A list of fonts, forms or graphics states is drawn with by the names of its entries. Where it is the
catalogue, the form or a field at once, a signature's entry takes the place of one that is missing,
and what was drawn with a reader's own font is not drawn any more.
"""

import re
from collections.abc import Collection, Iterable
from typing import Final

from gateway.revisions.faults import RevisionFaultError
from gateway.revisions.missing import mentions

_LISTS: Final = frozenset(
    {
        *(b"Font", b"XObject", b"ExtGState", b"ColorSpace", b"Pattern", b"Shading"),
        *(b"Properties", b"CharProcs", b"Colorants"),
    }
)
_SPACE: Final = b"\0\t\n\f\r "
_KEY: Final = re.compile(rb"/([^\0\t\n\f\r /<>\[\](){}%]*)\Z")
_ESCAPE: Final = re.compile(rb"#([0-9A-Fa-f]{2})")
_LINE_END: Final = re.compile(rb"[\r\n]")
_NEAR: Final = 128


def refuse_lists(parts: Iterable[bytes], numbers: Collection[int]) -> None:
    """See that no page draws with the entries of these objects.

    Args:
        parts: of the document before the update, see `gateway.revisions.missing.written_parts`.
        numbers: of objects that the update writes over.

    Raises:
        RevisionFaultError: `content-changed`.
    """
    for written in parts:
        for number in numbers:
            for at in mentions(written, b"%d" % number):
                if _is_a_list(written[max(0, at - _NEAR) : at]):
                    why = f"object {number} is a list that something is drawn with, too"
                    raise RevisionFaultError("content-changed", why)


def _is_a_list(head: bytes) -> bool:
    """Whether what stands before a reference makes it one, or does not tell what it is."""
    head = head.rstrip(b"0").rstrip(_SPACE)
    if b"%" in _LINE_END.split(head)[-1]:
        return True
    key = _KEY.search(head)
    if key is None:
        return head.endswith(b"obj")
    name = _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode()), key[1])
    return name in _LISTS
