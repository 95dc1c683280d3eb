"""Names of strangers' files: decoded in one way, and none that leads or looks elsewhere."""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from gateway.batches.reading.errors import MemberNameProblem
from gateway.batches.reading.zip_directory import Member

_UTF_8 = 1 << 11
_MOST_BYTES, _MOST_PART_BYTES = 1024, 255
_DRIVE = re.compile(r"[A-Za-z]:")
_LINE_ENDS_AND_SURROGATES = {"Cc", "Cs", "Zl", "Zp"}
# Marks that turn the direction of writing: `fdp.exe` is shown as another name.
_TURNING = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_MOST_SHOWN = 1024


def decoded(members: Sequence[Member]) -> list[str | None]:
    """The name of each; None where it is not text in its encoding.

    Names without a mark for UTF-8 are UTF-8 if all of them are; else GB18030, as programs on
    Chinese Windows write them. Other encodings of old are not guessed at.
    """
    unmarked = [each.raw_name for each in members if _is_unmarked(each)]
    encoding = "utf-8" if all(_text(name, "utf-8") is not None for name in unmarked) else "gb18030"
    return [
        each.unicode_name or _text(each.raw_name, encoding if _is_unmarked(each) else "utf-8")
        for each in members
    ]


def sound(name: str | None) -> str:
    """The name in Unicode's composed form, as manifests and results have it.

    Raises:
        MemberNameProblem: it is no plain relative path that looks like what it is.
    """
    if name is None:
        raise MemberNameProblem("it is neither UTF-8 nor GB18030: use a program that writes UTF-8")
    fault = _fault(name)
    if fault:
        raise MemberNameProblem(fault)
    return unicodedata.normalize("NFC", name)


def folded(name: str) -> str:
    """The same for names that a file system or a reader may take for one another."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return "/".join(part.rstrip(". ") for part in plain.split("/"))


def stem(name: str) -> str:
    """The name of the file without its folder and ending."""
    base = name.rpartition("/")[2]
    return base.rpartition(".")[0] or base


def shown(name: str | None, raw: bytes = b"") -> str:
    """A name that may be anything, so that it can be told in one line."""
    text = raw.decode("ascii", "backslashreplace") if name is None else name
    marks = (
        mark if mark.isprintable() else mark.encode("unicode_escape").decode()
        for mark in text[:_MOST_SHOWN]
    )
    return "".join(marks)


def twins(names: Iterable[str]) -> frozenset[str]:
    """Those folded names that come more than once."""
    seen: set[str] = set()
    found: set[str] = set()
    for name in map(folded, names):
        (found if name in seen else seen).add(name)
    return frozenset(found)


def _is_unmarked(member: Member) -> bool:
    return not member.flags & _UTF_8 and not member.raw_name.isascii()


def _text(name: bytes, encoding: str) -> str | None:
    try:
        return name.decode(encoding)
    except UnicodeDecodeError:
        return None


def _fault(name: str) -> str:
    parts = name.split("/")
    if any(unicodedata.category(mark) in _LINE_ENDS_AND_SURROGATES for mark in name):
        return "it has a control character"
    long = max(len(part.encode()) for part in parts) > _MOST_PART_BYTES
    faults = (
        ("\\" in name, "it has a backslash: write `/` between folders"),
        (name.startswith("/") or bool(_DRIVE.match(name)), "it begins at a root or a drive"),
        (bool(_TURNING & set(name)), "it has a mark that turns the direction of writing"),
        (bool({"", ".", ".."} & set(parts)), "a part of it is empty, `.` or `..`"),
        (
            long or len(name.encode()) > _MOST_BYTES,
            f"it has more than {_MOST_PART_BYTES} bytes in a part, or {_MOST_BYTES} in all",
        ),
    )
    return next((fault for there, fault in faults if there), "")
