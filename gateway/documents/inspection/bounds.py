"""How much of a document is looked at. Past these it is a finding of the rule `limits`."""

from typing import Final

MIB: Final = 1024 * 1024

MOST_PAGES: Final = 2_000
MOST_OBJECTS: Final = 200_000
MOST_REVISIONS: Final = 50
UNREADABLE_REVISIONS: Final = 500
"""From here on a document is not even looked at: readers take the square of it."""
MOST_FILTERS: Final = 6
DEEPEST: Final = 100
"""Arrays and dictionaries within one another."""
QPDF_NESTING: Final = 200
MOST_WARNINGS: Final = 100

LARGEST_OBJECT_STREAMS: Final = 128 * MIB
"""Of all object streams together, unpacked."""
LARGEST_STREAM: Final = 64 * MIB
"""Of a stream that is no picture, unpacked."""
LARGEST_TOTAL: Final = 512 * MIB
"""Of all such streams together, unpacked."""
HIGHEST_RATIO: Final = 1100
"""Of one compression, a little above Deflate's 1032; several on one another know no bounds."""
MOST_PIXELS: Final = 400_000_000
"""Of one picture: an A0 sheet at 450 dpi has 310 million."""

MOST_PAGES_UNDER_PICTURES: Final = 60
"""Pages that are drawn to see what lies under a picture or annotation."""

MOST_TAKEN_APART: Final = 512 * MIB
"""Of content, for drawing all pages once: forms count as often as they are drawn."""
MOST_TILES: Final = 1_000_000
"""Of a pattern, on the largest page."""
MOST_DRAWN: Final = 3_000_000
"""Things drawn on all pages together that are looked at."""
MOST_TEXT_BOXES: Final = 50_000
"""Lines of text on one page that may lie under something."""
MOST_FIELDS_READ: Final = 500
"""Fields whose appearance is read, to see whether it shows their value."""
MOST_PAIRS: Final = 2_000_000
"""Of a text and a picture, on one page; past it every text counts as one that may be covered."""
MOST_PIXELS_DRAWN: Final = 200_000_000
"""Of pictures on pages that are drawn: four times unpacked, that is a few seconds."""
