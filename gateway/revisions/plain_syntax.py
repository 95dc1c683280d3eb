"""Whether what an update writes is cut into the same words by every reader. Runs in children only.

pyHanko takes `>` and whatever follows it for the end of a dictionary; others go on reading, through
the next object, and find another /Contents there. They also differ on names with a NUL, on numbers
such as `--5` and on words that nobody knows. So values are written here by the letter of the
standard (ISO 32000-2 §7.2, §7.3), which all readers know, and without comments, which no program
that signs writes into its objects.
"""

import re
from typing import Final

from gateway.revisions.faults import ambiguous
from gateway.revisions.texts import end_of_text

_SPACE: Final = rb"[\0\t\n\f\r ]"
_ENDS: Final = rb"(?![^\0\t\n\f\r ()<>\[\]{}/%])"
# Possessive quantifiers stand behind single sets only: around groups they are broken before Python
# 3.11.5 (gh-106052).
_TOKEN: Final = re.compile(
    _SPACE + rb"*+(?:(?P<name>/[^\0-\x20()<>\[\]{}/%]*+)"
    rb"|(?P<opens><<|\[)|(?P<closes>>>|\])|(?P<text>\()"
    rb"|(?P<value><[0-9A-Fa-f\0\t\n\f\r ]*+>"
    rb"|[0-9]{1,10}+" + _SPACE + rb"++[0-9]{1,5}+" + _SPACE + rb"++R" + _ENDS + rb""
    rb"|[+-]?+(?:[0-9]{1,18}+(?:\.[0-9]*+)?|\.[0-9]++)" + _ENDS + rb""
    rb"|(?:true|false|null)" + _ENDS + rb"))"
)
_ODD_NAME: Final = re.compile(rb"#(?:00|(?![0-9A-Fa-f]{2}))")
_DATA: Final = re.compile(_SPACE + rb"*+stream(?:\r\n|\n)")
_AFTER_DATA: Final = re.compile(_SPACE + rb"*+endstream" + _SPACE + rb"++endobj" + _ENDS)
_END_OF_OBJECT: Final = re.compile(_SPACE + rb"*+endobj" + _ENDS)
_DEEPEST: Final = 64
_CLOSED_BY: Final = {b"<<": b">>", b"[": b"]"}


def check_object(document: bytes, at: int, length: int | None) -> None:
    """See that an object is one value and nothing else.

    Args:
        document: the file.
        at: where its value begins, behind the word `obj`.
        length: of its data in bytes; None: it is no stream.

    Raises:
        RevisionFaultError: `ambiguous`.
    """
    end = end_of_value(document, at)
    if length is None:
        if _END_OF_OBJECT.match(document, end) is None:
            raise ambiguous(f"something follows the object at byte {at}, within it")
        return
    data = _DATA.match(document, end)
    if data is None or _AFTER_DATA.match(document, data.end() + length) is None:
        raise ambiguous(f"the stream at byte {at} is not as long as it says")


def end_of_value(written: bytes, at: int) -> int:
    """Where the value ends that begins here, after space.

    Raises:
        RevisionFaultError: `ambiguous`: it is none that all readers read the same.
    """
    closers = list[bytes]()
    is_key = False
    while True:
        found = _TOKEN.match(written, at)
        kind = None if found is None else found.lastgroup
        is_amiss = found is not None and is_key and kind != "name" and found["closes"] != b">>"
        if found is None or is_amiss or len(closers) > _DEEPEST:
            raise ambiguous(f"what stands at byte {at} is no word that all readers know there")
        at, is_after_key = found.end(), is_key
        is_key = found["opens"] == b"<<"
        if kind == "name":
            _check_name(found["name"], at)
        elif kind == "closes":
            _close(closers, found["closes"], at, is_key=is_after_key)
        elif kind == "text":
            at = _behind_text(written, at)
        elif kind == "opens":
            closers.append(_CLOSED_BY[found["opens"]])
        if kind == "opens" or (kind == "name" and is_after_key):
            continue
        if not closers:
            return at
        is_key = closers[-1] == b">>"


def _close(closers: list[bytes], word: bytes, at: int, *, is_key: bool) -> None:
    """A dictionary closes where a key may stand, an array where a value may."""
    if not closers or word != closers.pop() or is_key != (word == b">>"):
        raise ambiguous(f"what closes before byte {at} was not open")


def _check_name(name: bytes, at: int) -> None:
    if _ODD_NAME.search(name) is not None:
        raise ambiguous(f"the name before byte {at} ends earlier for some")


def _behind_text(written: bytes, at: int) -> int:
    end = end_of_text(written, at)
    if end is None:
        raise ambiguous(f"the text before byte {at} has no end")
    return end
