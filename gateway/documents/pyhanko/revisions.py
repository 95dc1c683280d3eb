"""How many times a document was written: the first time and every incremental update."""

import re
from io import BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionMetaInfo, XRefSectionType

# Annex F.3.3: the linearisation dictionary lies wholly within the first 1024 bytes.
_HEAD_BYTES = 1024
_FIRST_OBJECT = re.compile(rb"(?:^|[\r\n])\s*\d+\s+\d+\s+obj\b\s*")


def count_revisions(reader: PdfFileReader, document: bytes) -> int:
    """The number of revisions; 1 for a document that was never updated.

    Each cross-reference section is a revision, but for two ways of writing a file at once that need
    two sections: linearised files and the hybrid files of office programs.
    """
    xrefs = reader.xrefs
    sections = [xrefs.get_xref_container_info(index) for index in range(xrefs.total_revisions)]
    if len(sections) > 1 and (_linearised(reader, sections, document) or is_hybrid_at_once(reader)):
        return len(sections) - 1
    return len(sections)


def _linearised(
    reader: PdfFileReader, sections: list[XRefSectionMetaInfo], document: bytes
) -> bool:
    """ISO 32000-2 Annex F: the first page's section stands first, and the main one is its /Prev.

    A later update leaves the dictionary, whose /L says how long the file was when it was written.
    """
    length = _linearised_length(reader, document[:_HEAD_BYTES])
    main, first_page = sections[0], sections[1]
    return (
        length is not None
        and first_page.start_location < main.start_location < length <= len(document)
        and (len(sections) > 2 or length == len(document))  # noqa: PLR2004 - main and first page
    )


def _linearised_length(reader: PdfFileReader, head: bytes) -> int | None:
    found = _FIRST_OBJECT.search(head)
    if found is None:
        return None
    stream = BytesIO(head)
    stream.seek(found.end())
    try:
        first = generic.read_object(stream, generic.TrailerReference(reader))
    except (PdfError, ValueError, RecursionError):
        return None  # an object that is cut off is longer than this dictionary may be
    if not isinstance(first, generic.DictionaryObject) or "/Linearized" not in first:
        return None
    length = first.raw_get("/L") if "/L" in first else None
    return int(length) if isinstance(length, generic.NumberObject) else None


def is_hybrid_at_once(reader: PdfFileReader) -> bool:
    """§7.5.8.4 as office programs write it: an empty table whose stream was in the file before."""
    if reader.xrefs.total_revisions < 2:  # noqa: PLR2004 - the table and the empty table
        return False
    first = reader.xrefs.get_xref_container_info(0)
    second = reader.xrefs.get_xref_container_info(1)
    hybrid = reader.xrefs.get_xref_data(1).hybrid
    return (
        second.xref_section_type is XRefSectionType.HYBRID_MAIN
        and hybrid is not None
        and hybrid.meta_info.start_location < first.start_location
        and not reader.xrefs.get_xref_data(1).explicit_refs_in_revision
    )
