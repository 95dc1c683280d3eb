"""One telephone number is one, however it is written: codes and links are counted by it."""

import re
import unicodedata
from typing import Final

_BETWEEN: Final = re.compile(r"[\s\-\u2010-\u2015\u2212().·/]+")
_TELEPHONE: Final = re.compile(r"\+?[0-9]{3,}")
_MOBILE: Final = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")
"""Of mainland China, where numbers are mostly told without the country."""


def one_way(contact: str) -> str:
    """A telephone number as all write it: a mobile one of mainland China by its eleven digits.

    Those of other countries as E.164 has them, where the country is told. Of a mailbox only what no
    mailbox has goes: spaces.
    """
    joined = "".join(contact.split())
    folded = _BETWEEN.sub("", unicodedata.normalize("NFKC", joined))
    if _TELEPHONE.fullmatch(folded) is None:
        return joined
    told = f"+{folded[2:]}" if folded.startswith("00") else folded
    mobile = _MOBILE.fullmatch(told)
    return told if mobile is None else mobile[1]


def spellings(contact: str) -> tuple[str, ...]:
    """As what accounts of earlier versions may have the same contact; the one way first."""
    told = one_way(contact)
    whole = f"+86{told}" if _MOBILE.fullmatch(told) else told
    found = [told, "".join(contact.split())]
    if whole.startswith("+") and _TELEPHONE.fullmatch(whole) is not None:
        found += [whole, f"00{whole[1:]}"]
        # Without the plus, one of North America may read as a mobile one here: somebody else's.
        if whole.startswith("+86") or _MOBILE.fullmatch(whole[1:]) is None:
            found.append(whole[1:])
    return tuple(dict.fromkeys(found))
