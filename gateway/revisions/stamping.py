"""What a signature may show: a stamp of a seal's size, and nothing that acts or hides."""

from typing import Any, Final

from pyhanko.pdf_utils import generic

from gateway.revisions.bounds import check_bounds
from gateway.revisions.faults import RevisionFaultError
from gateway.revisions.objects import entry_of, is_dictionary

_POINTS_PER_MM: Final = 72 / 25.4
_EITHER: Final = frozenset(
    {"/Type", "/Subtype", "/Rect", "/P", "/F", "/AP", "/NM", "/M", "/Contents"}
)
_WIDGET: Final = _EITHER | {
    *(
        "/FT",
        "/T",
        "/TU",
        "/TM",
        "/Ff",
        "/V",
        "/DA",
        "/DR",
        "/H",
        "/AS",
        "/MK",
        "/BS",
        "/Border",
        "/Lock",
        "/SV",
        "/Parent",
    )
}
_STAMP: Final = _EITHER | {"/Name", "/CreationDate"}
_ACTS_OR_HIDES: Final = frozenset(
    {
        *("/A", "/AA", "/AF", "/Alternates", "/EF", "/EmbeddedFiles", "/IRT", "/JS", "/Launch"),
        *("/OC", "/OCGs", "/OCProperties", "/OPI", "/OpenAction", "/Popup", "/Ref"),
        *("/RichMediaContent", "/URI", "/XFA"),
    }
)
OF_RESOURCES: Final = frozenset(
    {
        *("/Font", "/XObject", "/ProcSet", "/ExtGState", "/ColorSpace", "/Pattern", "/Shading"),
        "/Encoding",
    }
)
"""What a form draws with (ISO 32000-2 table 34, and the encodings that Acrobat writes)."""

_PRESSED: Final = frozenset({"/N", "/I", "/O", "/P", "/T"})
_ELSEWHERE: Final = 8 | 16
"""NoZoom and NoRotate (ISO 32000-2 table 167)."""
_DEPTH: Final = 64


def check_annotation(
    annotation: Any,  # noqa: ANN401 - objects of a file have no narrower type
    *,
    is_field: bool,
    largest_mm: float,
    unit: float = 1.0,
) -> None:
    """Refuse a widget or stamp that is more than the sight of a signature.

    Args:
        annotation: its dictionary.
        is_field: whether it is the signature field itself.
        largest_mm: wider or higher it must not be: it would cover what was agreed on.
        unit: how many points a unit of the pages' space is (ISO 32000-2 §14.11.2, /UserUnit).

    Raises:
        RevisionFaultError: `annotation`, `hidden` or `too-large-a-stamp`.
    """
    if not isinstance(annotation, generic.DictionaryObject):
        raise RevisionFaultError("annotation", "it adds an annotation that is none")
    if (
        isinstance(annotation, generic.StreamObject)
        or annotation.get("/Type", "/Annot") != "/Annot"
    ):
        raise RevisionFaultError("annotation", "it adds an annotation that is something else, too")
    kind = annotation.get("/Subtype")
    if kind != ("/Widget" if is_field else "/Stamp"):
        raise RevisionFaultError("annotation", f"it adds an annotation of the kind {_short(kind)}")
    if more := set(annotation) - (_WIDGET if is_field else _STAMP):
        raise RevisionFaultError("hidden", f"its stamp has {_short(min(more))}, which none needs")
    _check_by_kind(annotation)
    if "/AP" in annotation:
        _check_appearance(annotation["/AP"])
    flags = annotation.get("/F", 0)
    if not isinstance(flags, int) or flags & _ELSEWHERE:
        why = "its stamp is drawn beside its place where a page is turned or enlarged"
        raise RevisionFaultError("too-large-a-stamp", why)
    left, bottom, right, top = _numbers(annotation["/Rect"], 4)
    for length in (abs(right - left) * unit, abs(top - bottom) * unit):
        if length > largest_mm * _POINTS_PER_MM:
            why = (
                f"a stamp of {length / _POINTS_PER_MM:.0f} mm, where {largest_mm:g} mm are the most"
            )
            raise RevisionFaultError("too-large-a-stamp", why)


def _check_by_kind(annotation: Any) -> None:  # noqa: ANN401 - see above
    """Refuse entries that some programs give a field, where they are not what those write."""
    resources = entry_of(annotation, "/DR")
    if resources is not None and (not is_dictionary(resources) or set(resources) - OF_RESOURCES):
        raise RevisionFaultError("hidden", "/DR of its stamp has more than it needs")
    if "/H" in annotation and annotation.get("/H") not in _PRESSED:
        raise RevisionFaultError("hidden", "/H of its stamp is no way to be pressed")


def _check_appearance(appearance: Any) -> None:  # noqa: ANN401 - see above
    """Refuse what is drawn beyond its place: without its bounds some readers draw all of it."""
    if set(appearance) - {"/N"}:
        raise RevisionFaultError("hidden", "its stamp is another when it is touched")
    normal = entry_of(appearance, "/N")
    is_one = isinstance(normal, generic.StreamObject)
    pictures: list[Any] = [normal] if is_one else [normal[state] for state in normal or ()]
    for picture in pictures:
        is_form = isinstance(picture, generic.StreamObject)
        if not is_form or entry_of(picture, "/Subtype") != "/Form":
            raise RevisionFaultError("hidden", "the appearance of its stamp is no form")
        if "/BBox" not in picture:
            raise RevisionFaultError(
                "too-large-a-stamp", "the appearance of its stamp is unbounded"
            )
        _numbers(picture["/BBox"], 4)
        if "/Matrix" in picture:
            _numbers(picture["/Matrix"], 6)
        check_bounds(picture)


def _numbers(found: Any, count: int) -> list[float]:  # noqa: ANN401 - see above
    """So many numbers; whatever else stands there readers take for what they like."""
    each = list(found) if isinstance(found, generic.ArrayObject) else []
    are_numbers = all(isinstance(one, generic.NumberObject | generic.FloatObject) for one in each)
    if len(each) != count or not are_numbers:
        raise RevisionFaultError(
            "too-large-a-stamp", "the place of its stamp is not told in numbers"
        )
    return [float(one) for one in each]


def check_new_object(found: Any, *, depth: int = 0) -> None:  # noqa: ANN401 - see above
    """Refuse what acts when it is opened or touched, and what a reader may switch off.

    Raises:
        RevisionFaultError: `hidden`: it has an entry that no signature needs.
    """
    if depth > _DEPTH:
        raise RevisionFaultError("unreadable", "its objects have no end")
    if isinstance(found, generic.DictionaryObject):
        if acting := set(found) & _ACTS_OR_HIDES:
            raise RevisionFaultError("hidden", f"it adds an object with {min(acting)}")
        for key in found:
            check_new_object(found.raw_get(key), depth=depth + 1)
    elif isinstance(found, generic.ArrayObject):
        for index in range(len(found)):
            check_new_object(found.raw_get(index), depth=depth + 1)


def _short(word: object) -> str:
    return str(word)[:40]
