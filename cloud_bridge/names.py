"""Names of organisations: the same by whichever width they are written, and only then.

An organisation is called what its seal's certificate calls it, as its card says; what somebody else
says that it is called does not count.
"""

import unicodedata
from collections.abc import Collection
from typing import Final

from cloud_bridge.model import Party

_HIDDEN: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Categories of characters that nobody sees, or that move those that one sees."""
_BLANK: Final = frozenset(
    "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
    + "".join(map(chr, range(0xFE00, 0xFE10)))
)
"""Letters, marks and symbols that nobody sees either: fillers, joiners and choosers of a shape.

Those that choose a form of an ideograph (from U+E0100) stay: registers write persons' names so.
"""


def plain(name: str) -> str:
    """What two names have in common that are the same to a reader.

    Registers and authorities differ in widths and spaces: 买方（上海）有限公司 is
    买方(上海)有限公司. A character that nobody sees makes a name another one.
    """
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def same_name(one: str, other: str) -> bool:
    """Whether two names are one, by whichever width they are written."""
    return plain(one) == plain(other)


def is_open(name: str) -> bool:
    """Whether there is nothing in it that nobody sees."""
    return not any(each in _BLANK or unicodedata.category(each) in _HIDDEN for each in name)


def misnamed(party: Party, names: Collection[str]) -> str | None:
    """That a party is not called as it is, in words; None: it is, or it is no organisation.

    Args:
        party: as the terms, or whoever forwards or copies, name it.
        names: what its account is called, by its cards.
    """
    if party.kind != "organisation" or plain(party.name) in map(plain, names):
        return None
    told = " or ".join(repr(each) for each in dict.fromkeys(names)) or "unknown"
    return f"party {party.id} is called {party.name!r}, and {party.account} is {told}"
