"""The incremental update that carries a signature: a function of its input, nothing else."""

import hashlib
from typing import BinaryIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionType

_ID_BYTES = 16


class UpdateWriter(IncrementalPdfFileWriter):
    """pyHanko's writer without its clock, its dice and its mark on the document's metadata.

    Args:
        reader: the document, as `open_pdf` gave it.
        document: its bytes.
        document_id: our id for the document.
    """

    def __init__(self, reader: PdfFileReader, document: bytes, *, document_id: str) -> None:
        super().__init__(reader.stream, prev=reader)
        self._document = document
        # pyHanko draws both halves at random. The first must stay what it was; where there was
        # none, and for the second, our own id makes the update a function of its input (§14.4).
        first, _ = self._document_id
        derived = generic.ByteStringObject(
            hashlib.sha256(document_id.encode()).digest()[:_ID_BYTES]
        )
        self._document_id = generic.ArrayObject(
            [first if "/ID" in reader.trailer else derived, derived]
        )
        # The update takes the kind of the newest cross-reference section; pyHanko would
        # take the stream if any older section was one.
        newest = reader.xrefs.get_xref_container_info(reader.xrefs.total_revisions - 1)
        self.stream_xrefs = newest.xref_section_type is XRefSectionType.STREAM

    def _write_header(self, stream: BinaryIO) -> None:
        stream.write(self._document)
        if not self._document.endswith((b"\r", b"\n")):
            # "%%EOF12 0 obj" would be one comment to whoever rebuilds the file line by line.
            stream.write(b"\n")

    def register_annotation(
        self, page_ref: generic.IndirectObject, annot_ref: generic.IndirectObject
    ) -> None:
        """Add an annotation to a page, also where /Annots is null, which means absent (§7.3.7)."""
        page = page_ref.get_object()
        if "/Annots" in page and isinstance(
            page.raw_get("/Annots").get_object(), generic.NullObject
        ):
            del page["/Annots"]
        super().register_annotation(page_ref, annot_ref)

    def _update_meta(self) -> None:
        """Leave /Info and XMP as they are: a seal says nothing about who wrote the document.

        pyHanko would put the present moment into /ModDate, and the same preparation would give
        another digest a second later.
        """
