"""What one update changed of a document, object by object. Runs in children only.

A signature needs little: a field, its appearance, an entry in the form, in the catalogue and among
the annotations of a page. All that it writes over an object that was there before is one of these,
and is compared entry by entry; whatever else is written over is a change of the document. Objects
that are new can be reached only through those, so nothing else can show.
"""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver, PdfFileReader
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature

from gateway.revisions.defaults import DEFAULTS, check_defaults, have_changed
from gateway.revisions.faults import RevisionFaultError
from gateway.revisions.kinds import (
    check_catalogue,
    check_filled_field,
    check_kinds,
    check_metadata,
    check_used_once,
)
from gateway.revisions.numbers import known_numbers
from gateway.revisions.objects import (
    appended,
    change_of_other,
    entry_of,
    is_dictionary,
    listed_on,
    nodes_above,
    number_of,
    pages_of,
    place_of,
    raw_items,
    repeated_on,
    same_but,
    written,
)
from gateway.revisions.stamping import check_annotation, check_new_object
from gateway.revisions.text_boxes import Box

_CATALOGUE = frozenset({"/AcroForm", "/Version", "/Extensions", "/Perms", "/Metadata"})
_FORM = frozenset({"/Fields", "/SigFlags", "/NeedAppearances"})
_FORM_MAY_BEGIN_WITH = frozenset({"/Fields", "/SigFlags", "/DA", "/DR"})
_FILLED = frozenset({"/V", "/AP", "/F", "/M", "/NM", "/Contents"})
_FIELD_OF_KIDS = frozenset({"/FT", "/T", "/Kids", "/V", "/Ff", "/Lock", "/SV"})
_INFORMATION = frozenset({"/ModDate", "/Producer"})


class Update:
    """One update of a file, against the document before it.

    Attributes:
        is_plain: whether it wrote nothing but a field with its widgets, which every signature that
            is there already allows that speaks of no changes itself. Known once it was looked at.
    """

    def __init__(self, reader: PdfFileReader, number: int, *, largest_mm: float) -> None:
        """Look at revision `number`, counted from 0; it is not the first.

        Args:
            reader: of the file.
            number: of the revision.
            largest_mm: how wide or high a stamp may be.
        """
        self._largest_mm = largest_mm
        self.is_plain = True
        self._old: HistoricalResolver = reader.get_historical_resolver(number - 1)
        self._new: HistoricalResolver = reader.get_historical_resolver(number)
        self._reader = reader
        self._xrefs = reader.xrefs
        self._number = number
        self._fields: list[generic.Reference] = []
        self._annotations: list[generic.Reference] = []
        self._added: dict[int, list[int]] = {}
        self._widgets: dict[int, Any] = {}

    def roles_written(self) -> set[int]:
        """The numbers of catalogue, form, information and fields that it writes over."""
        root, trailer = self._old.root, self._old.trailer_view
        known = {
            self._old.root_ref.idnum,
            number_of(root, "/AcroForm"),
            number_of(trailer, "/Info"),
        }
        over = self._written()[0]
        fields = {each.idnum for each in over if _is_empty_signature_field(self._old(each))}
        return fields | {each.idnum for each in over if each.idnum in known}

    def arrays_written(self) -> dict[int, str]:
        """The numbers of the arrays that it writes over, each with the key that leads to it."""
        fields = number_of(entry_of(self._old.root, "/AcroForm"), "/Fields")
        known = dict.fromkeys(self._arrays, "Annots") | ({fields: "Fields"} if fields else {})
        over = self._written()[0]
        return {each.idnum: known[each.idnum] for each in over if each.idnum in known}

    def new_numbers(self) -> list[int]:
        """Those of the objects that it adds."""
        return [each.idnum for each in self._written()[1]]

    def signature_field(self) -> str:
        """The name of the one field that it signed, when it did that and nothing else.

        Raises:
            RevisionFaultError: it did something else, or more.
        """
        freed = self._freed()
        if freed and freed & known_numbers(self._reader, self._number):
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

    @property
    def pages(self) -> int:
        """How many pages the document has."""
        return len(self._pages)

    def marks(self) -> Iterator[tuple[int, Box]]:
        """Where it shows something: the page, from 0, and the place.

        Known once it was looked at.
        """
        shown = {each.idnum: self._new(each) for each in self._annotations} | self._widgets
        for index, (number, page) in enumerate(self._pages.items()):
            for each in [*listed_on(page), *self._added.get(number, ())]:
                box = place_of(shown[each]) if each in shown else None
                if box is not None:
                    yield index, box

    def _written(self) -> tuple[list[generic.Reference], list[generic.Reference]]:
        """What is written over what was there, and what is new."""
        over, fresh = list[generic.Reference](), list[generic.Reference]()
        listed = self._new.explicit_refs_in_revision()  # type: ignore[no-untyped-call]
        freed = self._freed()
        for reference in sorted(listed, key=lambda each: each.idnum):
            if reference.idnum in freed:
                continue
            before = self._xrefs.get_historical_ref(reference, self._number - 1)
            (fresh if before is None else over).append(reference)
        return over, fresh

    def _freed(self) -> set[int]:
        return {each.idnum for each in self._new.refs_freed_in_revision()}  # type: ignore[no-untyped-call]

    def _compare(self, reference: generic.Reference) -> None:
        old, new = self._old(reference), self._new(reference)
        if written(old) == written(new):
            return
        number = reference.idnum
        if number == self._old.root_ref.idnum:
            self._compare_catalogue(old, new)
        elif number == number_of(self._old.root, "/AcroForm"):
            self._compare_form(old, new)
        elif number == number_of(entry_of(self._old.root, "/AcroForm"), "/Fields"):
            self._fields += appended(old, new, fault="form-changed", what="fields of the form")
        elif number in self._pages:
            self._compare_page(number, old, new)
        elif number in self._arrays:
            self._compare_annotations(number, old, new)
        elif _is_empty_signature_field(old):
            same_but(old, new, _FILLED, fault="form-changed", what="a signature field")
            check_filled_field(old, new)
            self._fields.append(reference)
        elif number == number_of(self._old.root, "/Metadata"):
            self._compare_metadata(old, new)
        elif number != number_of(self._old.trailer_view, "/Info"):
            raise change_of_other(old, number)
        else:
            self.is_plain = False

    @cached_property
    def _pages(self) -> dict[int, Any]:
        return dict(pages_of(self._old))

    @cached_property
    def _arrays(self) -> dict[int, list[int]]:
        """The pages whose annotations stand in an array that is an object, by its number."""
        found: dict[int, list[int]] = {}
        for number, page in self._pages.items():
            array = number_of(page, "/Annots")
            if array is not None:
                found.setdefault(array, []).append(number)
        return found

    def _show(self, page: int, annotations: list[generic.Reference]) -> None:
        self._annotations += annotations
        self._added.setdefault(page, []).extend(each.idnum for each in annotations)

    def _compare_catalogue(self, old: Any, new: Any) -> None:  # noqa: ANN401 - see `written`
        same_but(old, new, _CATALOGUE, fault="content-changed", what="the catalogue")
        if "/Perms" in old and written(old.raw_get("/Perms")) != written(new.raw_get("/Perms")):
            raise RevisionFaultError("content-changed", "it changes /Perms of the catalogue")
        check_catalogue(old, new)
        before, after = number_of(old, "/Metadata"), number_of(new, "/Metadata")
        if before != after:
            found = (
                None if number is None else view(generic.Reference(number, 0, pdf=view))
                for number, view in ((before, self._old), (after, self._new))
            )
            self._compare_metadata(*found)

    def _compare_metadata(self, old: Any, new: Any) -> None:  # noqa: ANN401 - see `written`
        self.is_plain = False
        check_metadata(new)
        if old is not None:
            check_metadata(old)
        check_used_once(self._old)

    def _compare_direct_parts(self) -> None:
        """The form, where it stands in the catalogue itself, or had to be made."""
        old, new = entry_of(self._old.root, "/AcroForm"), entry_of(self._new.root, "/AcroForm")
        number = number_of(self._old.root, "/AcroForm")
        if old is None:
            if new is None:
                return
            if isinstance(new, generic.StreamObject) or set(new) - _FORM_MAY_BEGIN_WITH:
                raise RevisionFaultError("form-changed", "it adds more to the form than a field")
            check_kinds(None, new, fault="form-changed")
            self._fields += appended(None, entry_of(new, "/Fields"), fault="form-changed", what="")
        elif number is None:
            self._compare_form(old, new)
        elif number != number_of(self._new.root, "/AcroForm"):
            raise RevisionFaultError("form-changed", "it puts another form in place")

    def _compare_form(self, old: Any, new: Any) -> None:  # noqa: ANN401 - see `written`
        if not isinstance(new, generic.DictionaryObject):
            raise RevisionFaultError("form-changed", "it takes the form away")
        same_but(old, new, _FORM | DEFAULTS, fault="form-changed", what="the form")
        if have_changed(old, new):
            check_defaults(old, new, self._pages.values())
        check_kinds(old, new, fault="form-changed")
        if new.get("/NeedAppearances", False) and not old.get("/NeedAppearances", False):
            raise RevisionFaultError("form-changed", "it lets readers draw the form anew")
        if number_of(old, "/Fields") is None:
            self._fields += appended(
                entry_of(old, "/Fields"),
                entry_of(new, "/Fields"),
                fault="form-changed",
                what="fields of the form",
            )
        elif number_of(old, "/Fields") != number_of(new, "/Fields"):
            raise RevisionFaultError("form-changed", "it puts other fields in place")

    def _compare_page(self, number: int, old: Any, new: Any) -> None:  # noqa: ANN401 - see `written`
        if not isinstance(new, generic.DictionaryObject):
            raise RevisionFaultError("page-changed", "it takes a page away")
        besides = frozenset({"/Annots"})
        if set(new) - set(old) - besides:
            besides |= repeated_on(old, new, nodes_above(self._old, number))
        same_but(old, new, besides, fault="page-changed", what="a page")
        # PDFBox writes the array anew into the page that had it as an object of its own.
        if number_of(old, "/Annots") is None or number_of(new, "/Annots") is None:
            self._note_odd(entry_of(old, "/Annots"))
            added = appended(
                entry_of(old, "/Annots"),
                entry_of(new, "/Annots"),
                fault="annotation",
                what="annotations",
            )
            self._show(number, added)
        elif number_of(old, "/Annots") != number_of(new, "/Annots"):
            raise RevisionFaultError("annotation", "it puts other annotations in place")

    def _compare_annotations(self, number: int, old: Any, new: Any) -> None:  # noqa: ANN401 - see `written`
        self._note_odd(old)
        added = appended(old, new, fault="annotation", what="annotations")
        for page in self._arrays[number]:
            self._show(page, added)

    def _note_odd(self, annotations: Any) -> None:  # noqa: ANN401 - see `written`
        """Where annotations are no objects of their own, verifiers differ on what was added."""
        for each in raw_items(annotations or ()):
            if not isinstance(each, generic.IndirectObject):
                self.is_plain = False

    def _compare_information(self) -> None:
        """Of the document's information only when, and with what, it was written may change."""
        old = entry_of(self._old.trailer_view, "/Info")
        new = entry_of(self._new.trailer_view, "/Info")
        same_but(
            old or generic.DictionaryObject(),  # type: ignore[no-untyped-call]
            new or generic.DictionaryObject(),  # type: ignore[no-untyped-call]
            _INFORMATION,
            fault="content-changed",
            what="the document's information",
        )
        check_kinds(old, new, fault="content-changed")

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
        self._widgets = widgets
        for each in self._annotations:
            if self._xrefs.get_historical_ref(each, self._number - 1) is not None:
                raise RevisionFaultError("annotation", "it shows an annotation a second time")
            is_field = each.idnum in widgets
            self.is_plain = self.is_plain and is_field
            self._check_annotation(self._new(each), is_field=is_field)
        for widget in widgets.values():
            if "/Kids" not in widget:
                self._check_annotation(widget, is_field=True)
        return str(field.get("/T", ""))

    def _check_annotation(self, annotation: Any, *, is_field: bool) -> None:  # noqa: ANN401 - see `written`
        check_annotation(
            annotation, is_field=is_field, largest_mm=self._largest_mm, unit=self._largest_unit
        )

    @cached_property
    def _largest_unit(self) -> float:
        """Of whichever page: a stamp may be listed on another than it names."""
        units = [float(page["/UserUnit"]) for page in self._pages.values() if "/UserUnit" in page]
        return max([1.0, *units])

    def _kids(self, reference: generic.Reference, field: Any) -> Iterator[tuple[int, Any]]:  # noqa: ANN401 - see `written`
        """The widgets of a field that is seen on several pages (ISO 32000-2 §12.7.4.1)."""
        if "/Kids" not in field:
            return
        if set(field) - _FIELD_OF_KIDS:
            raise RevisionFaultError("hidden", "its signature field has more than a field needs")
        for each in raw_items(field["/Kids"]):
            widget = each.get_object()
            is_new = self._xrefs.get_historical_ref(each.reference, self._number - 1) is None
            if not is_new or widget.raw_get("/Parent").idnum != reference.idnum:
                raise RevisionFaultError("form-changed", "it takes widgets of another field")
            yield each.idnum, widget


def allows_every_signature(signature: EmbeddedPdfSignature) -> bool:
    """Whether an earlier signature says nothing itself of what may follow it."""
    return "/Reference" not in signature.sig_object and "/Lock" not in signature.sig_field


def _is_empty_signature_field(old: Any) -> bool:  # noqa: ANN401 - see `written`
    return is_dictionary(old) and old.get("/FT") == "/Sig" and "/V" not in old
