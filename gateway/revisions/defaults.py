"""What a form draws its fields with: when it may be another. Runs in children only.

PDFBox, OpenPDF and iText write /DA and /DR into the form for a signature that is seen, which has an
appearance and takes nothing from them. What takes from them is a field that a reader draws itself:
text, a choice, a button. So they may change where a form has nothing but signatures, and where no
page has an annotation that is drawn from words.
"""

from collections.abc import Iterable
from typing import Any, Final

from pyhanko.pdf_utils import generic

from gateway.revisions.faults import RevisionFaultError
from gateway.revisions.objects import entry_of, is_dictionary, raw_items, written
from gateway.revisions.stamping import OF_RESOURCES, check_new_object

DEFAULTS: Final = frozenset({"/DA", "/DR"})
"""Entries of a form that its fields are drawn with."""

_OF_FORMS: Final = DEFAULTS | {"/Fields", "/SigFlags", "/NeedAppearances", "/Type"}
_WITHOUT_WORDS: Final = frozenset({"/Link", "/Text", "/Highlight", "/Underline", "/StrikeOut"})
"""Annotations that readers draw as lines or a picture of their own."""


def have_changed(old: Any, new: Any) -> bool:  # noqa: ANN401 - objects of a file have no narrower type
    """Whether fields of the form are drawn with something else than before."""
    return any(
        (key in old) != (key in new)
        or (key in old and written(old.raw_get(key)) != written(new.raw_get(key)))
        for key in DEFAULTS
    )


def check_defaults(
    old: Any,  # noqa: ANN401 - see above
    new: Any,  # noqa: ANN401 - see above
    pages: Iterable[Any],
) -> None:
    """See that nothing of a document is drawn with what its form says.

    Args:
        old: the form before.
        new: the form with the update.
        pages: of the document before.

    Raises:
        RevisionFaultError: `form-changed`, or `hidden`: they hold what acts or hides.
    """
    resources = entry_of(new, "/DR")
    if set(old) - _OF_FORMS or (resources is not None and not is_dictionary(resources)):
        raise RevisionFaultError("form-changed", "it changes /DA or /DR of a form that has more")
    if resources is not None and set(resources) - OF_RESOURCES:
        raise RevisionFaultError("form-changed", "/DR of the form has more than it needs")
    if "/DR" in new:
        check_new_object(new.raw_get("/DR"))
    annotations = (each for page in pages for each in _followed(entry_of(page, "/Annots")))
    is_safe = _are_signatures(entry_of(old, "/Fields")) and all(
        map(_is_drawn_by_itself, annotations)
    )
    if not is_safe:
        why = "it changes /DA or /DR of the form, with which readers draw fields that are there"
        raise RevisionFaultError("form-changed", why)


def _followed(array: Any) -> list[Any]:  # noqa: ANN401 - see above
    return [
        each.get_object() if isinstance(each, generic.IndirectObject) else each  # type: ignore[no-untyped-call]
        for each in raw_items(array)
    ]


def _are_signatures(fields: Any) -> bool:  # noqa: ANN401 - see above
    """Whether fields say that they are, and what is below them says nothing else or comes twice."""
    waiting: list[tuple[Any, str | None]] = [(each, None) for each in raw_items(fields)]
    seen = set[int]()
    while waiting:
        raw, inherited = waiting.pop()
        if not isinstance(raw, generic.IndirectObject) or raw.idnum in seen:
            return False
        seen.add(raw.idnum)
        field = raw.get_object()  # type: ignore[no-untyped-call]
        if not is_dictionary(field) or field.get("/FT", inherited) != "/Sig":
            return False
        waiting += [(each, "/Sig") for each in raw_items(entry_of(field, "/Kids"))]
    return True


def _is_drawn_by_itself(annotation: Any) -> bool:  # noqa: ANN401 - see above
    """Whether no reader asks the form how to draw it."""
    if not is_dictionary(annotation):
        return False
    kind = annotation.get("/Subtype")
    if kind == "/Widget":
        holder = annotation if "/FT" in annotation else entry_of(annotation, "/Parent")
        return is_dictionary(holder) and holder.get("/FT") == "/Sig"
    return kind in _WITHOUT_WORDS or (kind != "/FreeText" and "/AP" in annotation)
