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

_DEPTH: Final = 16


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
    is_safe = all(map(_is_signature, _followed(entry_of(old, "/Fields")))) and all(
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


def _is_signature(field: Any, depth: int = 0) -> bool:  # noqa: ANN401 - see above
    """Whether a field says that it is one, and nothing below it says another thing."""
    return (
        is_dictionary(field)
        and field.get("/FT", None if depth == 0 else "/Sig") == "/Sig"
        and depth < _DEPTH
        and all(_is_signature(each, depth + 1) for each in _followed(entry_of(field, "/Kids")))
    )


def _is_drawn_by_itself(annotation: Any) -> bool:  # noqa: ANN401 - see above
    """Whether no reader asks the form how to draw it."""
    if not is_dictionary(annotation):
        return False
    kind = annotation.get("/Subtype")
    if kind == "/Widget":
        holder = annotation if "/FT" in annotation else entry_of(annotation, "/Parent")
        return is_dictionary(holder) and holder.get("/FT") == "/Sig"
    return kind in _WITHOUT_WORDS or (kind != "/FreeText" and "/AP" in annotation)
