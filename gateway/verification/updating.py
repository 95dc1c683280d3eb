"""What one update changed of a document, object by object. Runs in the child only.

A signature needs little: a field, its appearance, an entry in the form, in the catalogue and among
the annotations of a page. All that it writes over an object that was there before is one of these,
and is compared entry by entry; whatever else is written over is a change of the document. Objects
that are new can be reached only through those, so nothing else can show.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader

from gateway.verification.errors import RevisionFaultError
from gateway.verification.model import RevisionFault
from gateway.verification.stamping import check_annotation, check_new_object

_CATALOGUE = frozenset({"/AcroForm", "/Version", "/Extensions", "/Perms", "/Metadata"})
_FORM = frozenset({"/Fields", "/SigFlags", "/NeedAppearances"})
_FORM_MAY_BEGIN_WITH = frozenset({"/Fields", "/SigFlags", "/DA", "/DR"})
_FILLED = frozenset({"/V", "/AP", "/F", "/M", "/NM", "/Contents"})
_FIELD_OF_KIDS = frozenset({"/FT", "/T", "/Kids", "/V", "/Ff", "/Lock", "/SV"})
_INFORMATION = frozenset({"/ModDate", "/Producer"})
_DEPTH = 64


class Update:
    """One update of a file, against the document before it."""

    def __init__(self, reader: PdfFileReader, number: int, *, largest_mm: float) -> None:
        """Look at revision `number`, counted from 0; it is not the first.

        Args:
            reader: of the file.
            number: of the revision.
            largest_mm: how wide or high a stamp may be.
        """
        self._largest_mm = largest_mm
        self._old: HistoricalResolver = reader.get_historical_resolver(number - 1)
        self._new: HistoricalResolver = reader.get_historical_resolver(number)
        self._xrefs = reader.xrefs
        self._number = number
        self._fields: list[generic.Reference] = []
        self._annotations: list[generic.Reference] = []

    def signature_field(self) -> str:
        """The name of the one field that it signed, when it did that and nothing else.

        Raises:
            RevisionFaultError: it did something else, or more.
        """
        if self._new.refs_freed_in_revision():  # type: ignore[no-untyped-call]
            raise RevisionFaultError("content-changed", "it takes objects of the document away")
        if self._root(self._old) != self._root(self._new):
            raise RevisionFaultError("content-changed", "it puts another catalogue in place")
        self._compare_information()
        over, fresh = self._written()
        for reference in over:
            self._compare(reference)
        self._compare_direct_parts()
        for reference in fresh:
            check_new_object(self._new(reference))
        return self._the_field()

    @staticmethod
    def _root(view: HistoricalResolver) -> tuple[int, int]:
        return view.root_ref.idnum, view.root_ref.generation

    def _written(self) -> tuple[list[generic.Reference], list[generic.Reference]]:
        """What is written over what was there, and what is new."""
        over, fresh = list[generic.Reference](), list[generic.Reference]()
        listed = self._new.explicit_refs_in_revision()  # type: ignore[no-untyped-call]
        for reference in sorted(listed, key=lambda each: each.idnum):
            before = self._xrefs.get_historical_ref(reference, self._number - 1)
            (fresh if before is None else over).append(reference)
        return over, fresh

    def _compare(self, reference: generic.Reference) -> None:
        old, new = self._old(reference), self._new(reference)
        if written(old) == written(new):
            return
        number = reference.idnum
        if number == self._old.root_ref.idnum:
            self._compare_catalogue(old, new)
        elif number == _number_of(self._old.root, "/AcroForm"):
            self._compare_form(old, new)
        elif number == _number_of(_entry(self._old.root, "/AcroForm"), "/Fields"):
            self._fields += _appended(old, new, fault="form-changed", what="fields of the form")
        elif number in self._pages:
            self._compare_page(old, new)
        elif number in self._arrays:
            self._annotations += _appended(old, new, fault="annotation", what="annotations")
        elif _is_empty_signature_field(old):
            _same_but(old, new, _FILLED, fault="form-changed", what="a signature field")
            self._fields.append(reference)
        elif number == _number_of(self._old.root, "/Metadata"):
            _check_metadata(new)
        elif number != _number_of(self._old.trailer_view, "/Info"):
            raise _other(old, number)

    @property
    def _pages(self) -> dict[int, Any]:
        return dict(pages_of(self._old))

    @property
    def _arrays(self) -> set[int | None]:
        return {_number_of(page, "/Annots") for page in self._pages.values()} - {None}

    def _compare_catalogue(self, old: Any, new: Any) -> None:  # noqa: ANN401 - see `written`
        _same_but(old, new, _CATALOGUE, fault="content-changed", what="the catalogue")
        for kept in ("/Perms", "/Extensions"):
            if kept in old and written(old.raw_get(kept)) != written(new.raw_get(kept)):
                raise RevisionFaultError("content-changed", f"it changes {kept} of the catalogue")
        if "/Metadata" in new:
            _check_metadata(self._new(new.raw_get("/Metadata").reference))

    def _compare_direct_parts(self) -> None:
        """The form, where it stands in the catalogue itself, or had to be made."""
        old, new = _entry(self._old.root, "/AcroForm"), _entry(self._new.root, "/AcroForm")
        number = _number_of(self._old.root, "/AcroForm")
        if old is None:
            if new is None:
                return
            if set(new) - _FORM_MAY_BEGIN_WITH:
                raise RevisionFaultError("form-changed", "it adds more to the form than a field")
            self._fields += _appended(None, _entry(new, "/Fields"), fault="form-changed", what="")
        elif number is None:
            self._compare_form(old, new)
        elif number != _number_of(self._new.root, "/AcroForm"):
            raise RevisionFaultError("form-changed", "it puts another form in place")

    def _compare_form(self, old: Any, new: Any) -> None:  # noqa: ANN401 - see `written`
        if not isinstance(new, generic.DictionaryObject):
            raise RevisionFaultError("form-changed", "it takes the form away")
        _same_but(old, new, _FORM, fault="form-changed", what="the form")
        if new.get("/NeedAppearances", False) and not old.get("/NeedAppearances", False):
            raise RevisionFaultError("form-changed", "it lets readers draw the form anew")
        if _number_of(old, "/Fields") is None:
            self._fields += _appended(
                _entry(old, "/Fields"),
                _entry(new, "/Fields"),
                fault="form-changed",
                what="fields of the form",
            )
        elif _number_of(old, "/Fields") != _number_of(new, "/Fields"):
            raise RevisionFaultError("form-changed", "it puts other fields in place")

    def _compare_page(self, old: Any, new: Any) -> None:  # noqa: ANN401 - see `written`
        if not isinstance(new, generic.DictionaryObject):
            raise RevisionFaultError("page-changed", "it takes a page away")
        _same_but(old, new, frozenset({"/Annots"}), fault="page-changed", what="a page")
        if _number_of(old, "/Annots") is None:
            self._annotations += _appended(
                _entry(old, "/Annots"),
                _entry(new, "/Annots"),
                fault="annotation",
                what="annotations",
            )
        elif _number_of(old, "/Annots") != _number_of(new, "/Annots"):
            raise RevisionFaultError("annotation", "it puts other annotations in place")

    def _compare_information(self) -> None:
        """Of the document's information only when, and with what, it was written may change."""
        old = _entry(self._old.trailer_view, "/Info")
        new = _entry(self._new.trailer_view, "/Info")
        _same_but(
            old or generic.DictionaryObject(),  # type: ignore[no-untyped-call]
            new or generic.DictionaryObject(),  # type: ignore[no-untyped-call]
            _INFORMATION,
            fault="content-changed",
            what="the document's information",
        )

    def _the_field(self) -> str:
        if not self._fields:
            raise RevisionFaultError("unsigned", "it adds no signature field, and fills none")
        for each in self._fields:
            found = self._new(each)
            if not isinstance(found, generic.DictionaryObject) or found.get("/FT") != "/Sig":
                raise RevisionFaultError("form-changed", "it adds a field that signs nothing")
        if len(self._fields) > 1:
            raise RevisionFaultError("more-signatures", f"it adds {len(self._fields)} fields")
        (reference,) = self._fields
        field = self._new(reference)
        widgets = {reference.idnum: field} | dict(self._kids(reference, field))
        for each in self._annotations:
            if self._xrefs.get_historical_ref(each, self._number - 1) is not None:
                raise RevisionFaultError("annotation", "it shows an annotation a second time")
            is_field = each.idnum in widgets
            check_annotation(self._new(each), is_field=is_field, largest_mm=self._largest_mm)
        for widget in widgets.values():
            if "/Kids" not in widget:
                check_annotation(widget, is_field=True, largest_mm=self._largest_mm)
        return str(field.get("/T", ""))

    def _kids(self, reference: generic.Reference, field: Any) -> Iterator[tuple[int, Any]]:  # noqa: ANN401 - see `written`
        """The widgets of a field that is seen on several pages (ISO 32000-2 §12.7.4.1)."""
        if "/Kids" not in field:
            return
        if set(field) - _FIELD_OF_KIDS:
            raise RevisionFaultError("hidden", "its signature field has more than a field needs")
        for each in _raw(field["/Kids"]):
            widget = each.get_object()
            is_new = self._xrefs.get_historical_ref(each.reference, self._number - 1) is None
            if not is_new or widget.raw_get("/Parent").idnum != reference.idnum:
                raise RevisionFaultError("form-changed", "it takes widgets of another field")
            yield each.idnum, widget


def pages_of(view: HistoricalResolver) -> Iterator[tuple[int, Any]]:
    """Number and dictionary of each page."""
    waiting = [(view.root.raw_get("/Pages"), 0)]
    while waiting:
        raw, depth = waiting.pop()
        node = raw.get_object()
        if depth > _DEPTH:
            raise RevisionFaultError("unreadable", "its tree of pages has no end")
        if "/Kids" in node:
            waiting += [(kid, depth + 1) for kid in reversed(node["/Kids"])]
        elif isinstance(raw, generic.IndirectObject):
            yield raw.idnum, node


def written(raw: Any) -> bytes:  # noqa: ANN401 - objects of a file have no narrower type
    """An object as it would be written: two are the same when these are."""
    out = BytesIO()
    raw.write_to_stream(out, None)
    return out.getvalue()


def _appended(
    old: Any,  # noqa: ANN401 - see `written`
    new: Any,  # noqa: ANN401 - see `written`
    *,
    fault: RevisionFault,
    what: str,
) -> list[generic.Reference]:
    """What stands behind all that stood there before."""
    before = [] if old is None else [written(each) for each in _raw(old)]
    if not isinstance(new, generic.ArrayObject):
        raise RevisionFaultError(fault, f"it takes {what} away")
    items = _raw(new)
    if [written(each) for each in items[: len(before)]] != before:
        raise RevisionFaultError(fault, f"it changes or takes away {what} that were there")
    more = items[len(before) :]
    if not all(isinstance(each, generic.IndirectObject) for each in more):
        raise RevisionFaultError(fault, f"it adds {what} that are no objects of their own")
    return [each.reference for each in more]


def _raw(array: Any) -> list[Any]:  # noqa: ANN401 - see `written`
    return [array.raw_get(index) for index in range(len(array))]


def _same_but(
    old: Any,  # noqa: ANN401 - see `written`
    new: Any,  # noqa: ANN401 - see `written`
    besides: frozenset[str],
    *,
    fault: RevisionFault,
    what: str,
) -> None:
    if not isinstance(new, generic.DictionaryObject):
        raise RevisionFaultError(fault, f"it takes {what} away")
    for key in sorted((set(old) | set(new)) - besides):
        if (
            key not in old
            or key not in new
            or written(old.raw_get(key)) != written(new.raw_get(key))
        ):
            raise RevisionFaultError(fault, f"it changes {key[:40]} of {what}")


def _entry(holder: Any, key: str) -> Any:  # noqa: ANN401 - see `written`
    return None if holder is None or key not in holder else holder[key]


def _number_of(holder: Any, key: str) -> int | None:  # noqa: ANN401 - see `written`
    if not isinstance(holder, generic.DictionaryObject) or key not in holder:
        return None
    raw = holder.raw_get(key)
    return int(raw.idnum) if isinstance(raw, generic.IndirectObject) else None


def _is_empty_signature_field(old: Any) -> bool:  # noqa: ANN401 - see `written`
    return (
        isinstance(old, generic.DictionaryObject) and old.get("/FT") == "/Sig" and "/V" not in old
    )


def _check_metadata(new: Any) -> None:  # noqa: ANN401 - see `written`
    """What nobody sees, and programs that sign write anew."""
    if not isinstance(new, generic.StreamObject) or new.get("/Type") != "/Metadata":
        raise RevisionFaultError("content-changed", "it puts something else for the metadata")


def _other(old: Any, number: int) -> RevisionFaultError:  # noqa: ANN401 - see `written`
    kind = old.get("/Type") if isinstance(old, generic.DictionaryObject) else None
    if kind == "/Pages":
        return RevisionFaultError("page-added", f"it changes the tree of pages (object {number})")
    if kind == "/Annot" or (
        isinstance(old, generic.DictionaryObject) and "/Subtype" in old and "/Rect" in old
    ):
        return RevisionFaultError("annotation", f"it changes an annotation (object {number})")
    if isinstance(old, generic.DictionaryObject) and "/FT" in old:
        return RevisionFaultError("form-changed", f"it changes a field (object {number})")
    return RevisionFaultError("content-changed", f"it writes over object {number}")
