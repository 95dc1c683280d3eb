"""Stamps besides the signature's own: annotations of the same update (ISO 32000-2 §12.5.6.12).

A signature field with several widgets would do as well, but §12.7.5.5 advises against it. As the
annotations are part of what the signature covers, changing or removing one breaks it.
"""

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name, pdf_string
from pyhanko.pdf_utils.writer import BasePdfFileWriter

from gateway.documents.placing.frames import STAMP_FLAGS, rectangle
from gateway.documents.placing.places import StampPlace
from gateway.documents.pyhanko.appearance import numbers


def add_stamp(
    writer: BasePdfFileWriter,
    page: generic.IndirectObject,
    place: StampPlace,
    form: generic.IndirectObject,
    *,
    document_id: str,
    number: int,
    of: int,
) -> None:
    """Add one stamp annotation to a page.

    Args:
        writer: the update.
        page: the page object.
        place: where on it.
        form: what the eye sees.
        document_id: our id for the document, which the annotation names.
        number: which of the document's stamps this is, from 1; the signature's own comes first.
        of: how many there are.
    """
    annotation = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Stamp"),
            pdf_name("/Rect"): numbers(*rectangle(place)),
            pdf_name("/P"): page,
            pdf_name("/F"): generic.NumberObject(STAMP_FLAGS),
            pdf_name("/Name"): pdf_name("/Seal"),
            pdf_name("/NM"): pdf_string(f"Sealgate-{document_id}-{number}"),
            pdf_name("/Contents"): pdf_string(
                f"Sealgate record {document_id}, stamp {number} of {of}"
            ),
            pdf_name("/AP"): generic.DictionaryObject({pdf_name("/N"): form}),
        }
    )
    writer.register_annotation(page, writer.add_object(annotation))
