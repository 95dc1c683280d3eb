"""How large a cross-reference table is that every reader holds. Read by workers, too."""

from typing import Final

WIDEST: Final = (4, 8, 8)
"""Bytes of the columns of a cross-reference stream (§7.5.8): what poppler's numbers hold."""
LARGEST_SIZE: Final = 1_000_000
"""Objects. Poppler has no room for a hundred times as many, and pdfium reads tables of no more."""
