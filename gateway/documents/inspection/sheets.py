"""What is known of a page before it is drawn, whoever has read it."""

from typing import NamedTuple

from gateway.revisions.text_boxes import Box


class Sheet(NamedTuple):
    """A page. Boxes are in user space.

    Attributes:
        visible: what is visible of it; None: its /CropBox hides nothing.
        covers: annotations that are drawn upon it.
        stamps: those of them that show signatures that were given, and stamps that go with them.
        is_drawn_as_written: whether pdfium draws its annotations by what is in the file, and adds
            nothing to it. Of one without an appearance it makes one and enters it into the
            document: whoever reads that afterwards would take it for the document's own.
    """

    visible: Box | None
    covers: list[Box]
    stamps: list[Box]
    is_drawn_as_written: bool
