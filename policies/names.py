"""Names as they are compared, so that one name is one however it is typed."""

import unicodedata
from typing import Final

# Default_Ignorable_Code_Point of Unicode's DerivedCoreProperties.txt: what shows nothing, and does
# not change the name that people read.
_UNSEEN: Final = (
    range(0x00AD, 0x00AE),
    range(0x034F, 0x0350),
    range(0x061C, 0x061D),
    range(0x115F, 0x1161),
    range(0x17B4, 0x17B6),
    range(0x180B, 0x1810),
    range(0x200B, 0x2010),
    range(0x202A, 0x202F),
    range(0x2060, 0x2070),
    range(0x3164, 0x3165),
    range(0xFE00, 0xFE10),
    range(0xFEFF, 0xFF00),
    range(0xFFA0, 0xFFA1),
    range(0xFFF0, 0xFFF9),
    range(0x1BCA0, 0x1BCA4),
    range(0x1D173, 0x1D17B),
    range(0xE0000, 0xE1000),
)
_WITHOUT_UNSEEN: Final = dict.fromkeys(code for each in _UNSEEN for code in each)


def folded(name: str) -> str:
    """Unicode's compatibility form without differences of case and what nobody sees.

    As NFKC_Casefold is meant (UAX #31 §5.1). 東 and 东 stay two characters: which simplified form a
    name has is not for a table to say.
    """
    plain = unicodedata.normalize("NFKC", name.translate(_WITHOUT_UNSEEN)).casefold()
    return unicodedata.normalize("NFKC", plain).translate(_WITHOUT_UNSEEN)


def person(name: str) -> str:
    """Who somebody is, whichever system names them: `Li`, ` li` and `ｌｉ` are one."""
    return folded(name).strip()
