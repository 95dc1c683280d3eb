"""Which numbers a document's objects have ever had. Runs in children only."""

from pyhanko.pdf_utils.reader import PdfFileReader


def known_numbers(reader: PdfFileReader, number: int) -> set[int]:
    """Of all objects before a revision, by whichever generation, tables and containers too.

    Args:
        reader: of the file.
        number: of the revision, counted from 0.
    """
    found = {each.idnum for each in reader.xrefs.xref_stream_refs}
    own = reader.xrefs.get_xref_container_info(number).stream_ref
    found -= {own.idnum} if own is not None else set()
    for revision in range(number):
        data = reader.xrefs.get_xref_data(revision)
        parts = [data] if data.hybrid is None else [data, data.hybrid.xref_data]
        for part in parts:
            found |= part.standard_xrefs.keys() | part.xrefs_in_objstm.keys()
            found |= part.obj_streams_used
    return found
