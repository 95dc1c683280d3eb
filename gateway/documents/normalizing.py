"""Write a document anew, with nothing in it that could do or become something else.

Forms and annotations become part of the page, as their appearances show them. Scripts, actions,
media and attachments are dropped, and so is whatever nothing shows. What is drawn on the pages
stays as it is: streams are copied, not unpacked. The same bytes always give the same bytes.
"""

import io
from collections.abc import Iterator
from typing import Any, Final

import pikepdf

from gateway.documents.errors import (
    DamagedDocumentProblem,
    NotNormalizableProblem,
    SignedDocumentNotNormalizedProblem,
)
from gateway.documents.inspection.active import name_table_keys
from gateway.documents.inspection.words import ACTIVE_KEYS, FILE_KEYS
from gateway.documents.pyhanko.earlier import refuse_if_hidden
from gateway.documents.pyhanko.reading import open_pdf, reading_refusals

_KEPT_IN_CATALOGUE: Final = frozenset(
    [
        "/Type",
        "/Version",
        "/Extensions",
        "/Pages",
        "/PageLabels",
        "/Dests",
        "/Names",
        "/ViewerPreferences",
        "/PageLayout",
        "/PageMode",
        "/Outlines",
        "/Metadata",
        "/StructTreeRoot",
        "/MarkInfo",
        "/Lang",
        "/OutputIntents",
        "/OCProperties",
    ]
)
_KEPT_ACTIONS: Final = frozenset({"/GoTo", "/URI"})
_DROPPED_KEYS: Final = ACTIVE_KEYS.keys() | FILE_KEYS.keys() | {"/AF", "/PieceInfo", "/Next", "/PA"}
_OPENERS: Final = ("http:", "https:", "mailto:", "tel:")


def normalize(document: bytes) -> bytes:
    """The document, written anew as one revision.

    Raises:
        SignedDocumentNotNormalizedProblem: it carries a signature, which would break.
        NotNormalizableProblem: what it shows depends on who shows it.
        DocumentProblem: it cannot be read with certainty.
    """
    with reading_refusals():
        _refuse_signed(document)
        try:
            with pikepdf.open(
                io.BytesIO(document), attempt_recovery=False, suppress_warnings=True
            ) as pdf:
                return _rewritten(pdf)
        except pikepdf.PdfError as error:
            raise DamagedDocumentProblem(
                f"it cannot be rewritten without repair ({type(error).__name__})"
            ) from None


def _refuse_signed(document: bytes) -> None:
    reader = open_pdf(document)
    refuse_if_hidden(reader)
    count = len(reader.embedded_signatures)
    if count:
        raise SignedDocumentNotNormalizedProblem(
            f"it carries {count} signature{'' if count == 1 else 's'}, which rewriting would break"
        )


def _rewritten(pdf: pikepdf.Pdf) -> bytes:
    _draw_fields(pdf)
    pdf.flatten_annotations("all")
    for page in pdf.pages:
        _keep_links(page.obj)
    root = pdf.Root
    for key in list(root.keys()):
        if key not in _KEPT_IN_CATALOGUE:
            del root[key]
    _keep_destinations(root)
    _strip(pdf)
    written = io.BytesIO()
    pdf.save(
        written,
        compress_streams=False,
        stream_decode_level=pikepdf.StreamDecodeLevel.none,
        object_stream_mode=pikepdf.ObjectStreamMode.disable,
        fix_metadata_version=False,
        deterministic_id=True,
    )
    return written.getvalue()


def _draw_fields(pdf: pikepdf.Pdf) -> None:
    """Have an appearance for every field with a value.

    A document may leave drawing to its readers (/NeedAppearances). qpdf draws letters of ASCII; who
    would draw anything else, and how, nobody could say.
    """
    form = pdf.Root.get("/AcroForm")
    drawn_by_readers = isinstance(form, pikepdf.Dictionary) and bool(form.get("/NeedAppearances"))
    for number, page in enumerate(pdf.pages, start=1):
        for widget in _annotations(page.obj):
            value = _inherited(widget, "/V")
            if widget.get("/Subtype") != "/Widget" or value is None:
                continue
            if drawn_by_readers and not str(value).isascii():
                raise NotNormalizableProblem(
                    f"a field on page {number} leaves it to readers to draw its value, which is "
                    "not ASCII"
                )
            if not drawn_by_readers and "/AP" not in widget:
                raise NotNormalizableProblem(
                    f"a field on page {number} has a value and no appearance; readers draw it as "
                    "they like"
                )
    if drawn_by_readers:
        pdf.generate_appearance_streams()


def _inherited(field: Any, key: str) -> Any:  # noqa: ANN401 - PDF objects are untyped
    for _ in range(64):
        if key in field:
            return field[key]
        if "/Parent" not in field:
            return None
        field = field["/Parent"]
    return None


def _annotations(page: Any) -> Iterator[Any]:  # noqa: ANN401 - see above
    annotations = page.get("/Annots")
    if isinstance(annotations, pikepdf.Array):
        yield from (each for each in annotations if isinstance(each, pikepdf.Dictionary))


def _keep_links(page: Any) -> None:  # noqa: ANN401 - see above
    """Of what flattening left over only plain links stay; what it drew is on the page now."""
    kept = [
        each
        for each in _annotations(page)
        if each.get("/Subtype") == "/Link" and ("/A" not in each or _is_plain(each["/A"]))
    ]
    if kept:
        page["/Annots"] = pikepdf.Array(kept)
    elif "/Annots" in page:
        del page["/Annots"]


def _is_plain(action: Any) -> bool:  # noqa: ANN401 - see above
    """Whether it jumps within the document or opens an address that a person can read."""
    if not isinstance(action, pikepdf.Dictionary) or str(action.get("/S")) not in _KEPT_ACTIONS:
        return False
    address = action.get("/URI")
    return address is None or str(address).lower().startswith(_OPENERS)


def _keep_destinations(root: Any) -> None:  # noqa: ANN401 - see above
    names = root.get("/Names")
    if isinstance(names, pikepdf.Dictionary) and "/Dests" in names:
        root["/Names"] = pikepdf.Dictionary({"/Dests": names["/Dests"]})
    elif names is not None:
        del root["/Names"]


def _strip(pdf: pikepdf.Pdf) -> None:
    """Drop what acts or is attached, wherever it stands; what is missed, the inspection finds."""
    tables = {
        dictionary[key].objgen
        for each in pdf.objects
        for dictionary in _dictionaries(each)
        for key in name_table_keys(dictionary.keys())
        if isinstance(dictionary[key], pikepdf.Dictionary) and dictionary[key].is_indirect
    }
    for each in pdf.objects:
        if getattr(each, "objgen", None) in tables:
            continue
        for dictionary in _dictionaries(each):
            for key in _DROPPED_KEYS & set(dictionary.keys()):
                del dictionary[key]
            if "/A" in dictionary and not _is_plain(dictionary["/A"]):
                action = dictionary["/A"]
                if isinstance(action, pikepdf.Dictionary) and "/S" in action:
                    del dictionary["/A"]


def _dictionaries(value: Any) -> Iterator[Any]:  # noqa: ANN401 - see above
    """The object and all below it that are dictionaries, but for name tables and references."""
    todo = [value]
    while todo:
        each = todo.pop()
        if isinstance(each, pikepdf.Dictionary | pikepdf.Stream):
            yield each
            tables = set(name_table_keys(each.keys()))
            for key, below in each.items():
                if _is_direct(below):
                    todo += _values(below) if key in tables else [below]
        elif isinstance(each, pikepdf.Array):
            todo += [below for below in each if _is_direct(below)]


def _values(table: Any) -> list[Any]:  # noqa: ANN401 - see above
    if not isinstance(table, pikepdf.Dictionary):
        return [table]
    return [each for _, each in table.items() if _is_direct(each)]


def _is_direct(value: Any) -> bool:  # noqa: ANN401 - see above
    return isinstance(value, pikepdf.Object) and not value.is_indirect
