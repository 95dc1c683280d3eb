"""Objects of a file compared with one another, as they are written. Runs in children only."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import HistoricalResolver

from gateway.revisions.faults import RevisionFault, RevisionFaultError
from gateway.revisions.text_boxes import Box

_DEPTH = 64
_INHERITED = frozenset({"/Resources", "/MediaBox", "/CropBox", "/Rotate"})


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


def is_dictionary(found: Any) -> bool:  # noqa: ANN401 - objects of a file have no narrower type
    """Whether it is one and no more: a stream has one, too, and could be drawn."""
    is_stream = isinstance(found, generic.StreamObject)
    return isinstance(found, generic.DictionaryObject) and not is_stream


def written(raw: Any) -> bytes:  # noqa: ANN401 - see above
    """An object as it would be written, its entries in one order: two are the same when these are.

    A dictionary has no order (ISO 32000-2 §7.3.7), and OpenPDF keeps none.
    """
    out = BytesIO()
    _write(raw, out)
    return out.getvalue()


def _write(raw: Any, out: BytesIO) -> None:  # noqa: ANN401 - see `is_dictionary`
    if is_dictionary(raw):
        out.write(b"<<")
        for key in sorted(raw):
            generic.NameObject(key).write_to_stream(out, None)
            out.write(b" ")
            _write(raw.raw_get(key), out)
            out.write(b" ")
        out.write(b">>")
    elif isinstance(raw, generic.ArrayObject):
        out.write(b"[")
        for each in raw_items(raw):
            _write(each, out)
            out.write(b" ")
        out.write(b"]")
    else:
        raw.write_to_stream(out, None)


def appended(
    old: Any,  # noqa: ANN401 - see `written`
    new: Any,  # noqa: ANN401 - see `written`
    *,
    fault: RevisionFault,
    what: str,
) -> list[generic.Reference]:
    """What stands behind all that stood there before."""
    if old is not None and not isinstance(old, generic.ArrayObject | generic.NullObject):
        raise RevisionFaultError(fault, f"it puts {what} in the place of something else")
    before = [] if old is None else [written(each) for each in raw_items(old)]
    if not isinstance(new, generic.ArrayObject):
        raise RevisionFaultError(fault, f"it takes {what} away")
    items = raw_items(new)
    if [written(each) for each in items[: len(before)]] != before:
        raise RevisionFaultError(fault, f"it changes or takes away {what} that were there")
    more = items[len(before) :]
    if not all(isinstance(each, generic.IndirectObject) for each in more):
        raise RevisionFaultError(fault, f"it adds {what} that are no objects of their own")
    return [each.reference for each in more]


def raw_items(array: Any) -> list[Any]:  # noqa: ANN401 - see `written`
    """What stands in an array, references as they are."""
    if not isinstance(array, generic.ArrayObject):
        return []
    return [array.raw_get(index) for index in range(len(array))]


def same_but(
    old: Any,  # noqa: ANN401 - see `written`
    new: Any,  # noqa: ANN401 - see `written`
    besides: frozenset[str],
    *,
    fault: RevisionFault,
    what: str,
) -> None:
    """See that two dictionaries differ in these entries at most."""
    if not isinstance(new, generic.DictionaryObject):
        raise RevisionFaultError(fault, f"it takes {what} away")
    if isinstance(old, generic.StreamObject) or isinstance(new, generic.StreamObject):
        raise RevisionFaultError(fault, f"{what} is a stream, and could be drawn")
    for key in sorted((set(old) | set(new)) - besides):
        if (
            key not in old
            or key not in new
            or written(old.raw_get(key)) != written(new.raw_get(key))
        ):
            raise RevisionFaultError(fault, f"it changes {key[:40]} of {what}")


def repeated_on(old: Any, new: Any, above: Iterable[Any]) -> frozenset[str]:  # noqa: ANN401 - see `written`
    """The entries that a page has now, and had before from the tree above it, the same.

    OpenPDF and iText 5 write them onto the page (ISO 32000-2 §7.7.3.4).

    Args:
        old: the page before.
        new: the page now.
        above: the nodes of the tree, see `nodes_above`.
    """
    inherited: dict[str, bytes] = {}
    for node in above:
        for key in _INHERITED & set(node) - set(inherited):
            inherited[key] = written(node.raw_get(key))
    return frozenset(
        key for key in set(new) - set(old) if inherited.get(key) == written(new.raw_get(key))
    )


def nodes_above(view: HistoricalResolver, number: int) -> list[Any]:
    """What a page inherits from, the nearest first.

    Some readers go down the tree for it, and others up by /Parent: none where they differ, or where
    a page stands in the tree twice.
    """
    found: list[list[Any]] = []
    waiting: list[tuple[Any, list[Any]]] = [(view.root.raw_get("/Pages"), [])]
    seen = set[int]()
    while waiting:
        raw, path = waiting.pop()
        if not isinstance(raw, generic.IndirectObject) or raw.idnum in seen or len(path) > _DEPTH:
            return []
        seen.add(raw.idnum)
        node = raw.get_object()  # type: ignore[no-untyped-call]
        if path and number_of(node, "/Parent") != path[0][0]:
            return []
        if "/Kids" in node:
            waiting += [(kid, [(raw.idnum, node), *path]) for kid in raw_items(node["/Kids"])]
        elif raw.idnum == number:
            found.append([each for _, each in path])
    return found[0] if len(found) == 1 else []


def entry_of(holder: Any, key: str) -> Any:  # noqa: ANN401 - see `written`
    """An entry of a dictionary, its reference followed; None: there is none."""
    return None if holder is None or key not in holder else holder[key]


def number_of(holder: Any, key: str) -> int | None:  # noqa: ANN401 - see `written`
    """The number of the object that an entry refers to; None: it refers to none."""
    if not isinstance(holder, generic.DictionaryObject) or key not in holder:
        return None
    raw = holder.raw_get(key)
    return int(raw.idnum) if isinstance(raw, generic.IndirectObject) else None


def listed_on(page: Any) -> Iterator[int]:  # noqa: ANN401 - see `written`
    """The numbers of the annotations that a page has, of those that are objects of their own."""
    for each in raw_items(entry_of(page, "/Annots")):
        if isinstance(each, generic.IndirectObject):
            yield int(each.idnum)


def place_of(annotation: Any) -> Box | None:  # noqa: ANN401 - see `written`
    """Where an annotation is seen; None: nowhere."""
    if "/AP" not in annotation or "/Rect" not in annotation:
        return None
    left, bottom, right, top = (float(each) for each in annotation["/Rect"])
    return Box(min(left, right), min(bottom, top), max(left, right), max(bottom, top))


def change_of_other(old: Any, number: int) -> RevisionFaultError:  # noqa: ANN401 - see `written`
    """What it is that no signature writes over."""
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
