"""Names of what a page draws with. Read by workers, also where there is no pyHanko."""

from typing import Final

LISTS: Final = frozenset(
    {
        *(b"Font", b"XObject", b"ExtGState", b"ColorSpace", b"Pattern", b"Shading"),
        *(b"Properties", b"CharProcs", b"Colorants"),
    }
)
"""Keys of what is drawn with by the names of its entries."""
