"""What must be certain of a document before anything is put on it. Runs in the child only.

The person saw the document as pdf.js reads it, and others will see it as theirs do. Where programs
would count pages in two ways, or a script decides what is seen, nobody knows what is signed.
"""

from collections.abc import Iterator
from typing import Any, Final

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader

from cloud_bridge.network.press.errors import PressError

DEEPEST: Final = 64
_MOST_OBJECTS: Final = 500_000
_ACTS: Final = frozenset({"/JS", "/XFA"})


def pages_of(root: generic.DictionaryObject) -> list[generic.IndirectObject]:
    """The pages, in order, by a page tree that can be read in one way only.

    Raises:
        PressError: a node comes twice, its type says one thing and its kids another, or its count
            is not that of its pages: programs would put the mark on different pages.
    """
    return _pages(root.raw_get("/Pages"), 0, set())


def _pages(reference: Any, depth: int, seen: set[int]) -> list[Any]:  # noqa: ANN401 - PDF objects are untyped
    if depth > DEEPEST:
        raise PressError("the page tree is nested too deeply", reason="document")
    if isinstance(reference, generic.IndirectObject):
        if reference.idnum in seen:
            raise PressError("the page tree has the same node twice", reason="document")
        seen.add(reference.idnum)
    node = reference.get_object()
    is_page = "/Kids" not in node
    if node.get("/Type", "/Page" if is_page else "/Pages") != ("/Page" if is_page else "/Pages"):
        raise PressError("the page tree has a node of two kinds", reason="document")
    if is_page:
        return [reference]
    kids = node["/Kids"]
    found = [
        page
        for position in range(len(kids))
        for page in _pages(kids.raw_get(position), depth + 1, seen)
    ]
    if node.get("/Count") != len(found):
        raise PressError("the page tree counts other pages than it has", reason="document")
    return found


def refuse_taken_name(root: generic.DictionaryObject, name: str) -> None:
    """PressError: the document has a field of this name, which would be signed instead of ours."""
    form = root.get("/AcroForm")
    if not isinstance(form, generic.DictionaryObject):
        return
    waiting = [(form.get("/Fields"), 0)]
    while waiting:
        fields, depth = waiting.pop()
        if depth > DEEPEST:
            raise PressError("its fields are nested too deeply", reason="document")
        for field in fields if isinstance(fields, generic.ArrayObject) else ():
            known = field.get_object()
            if str(known.get("/T")) == name:
                raise PressError("it has a field of the party's name already", reason="document")
            waiting.append((known.get("/Kids"), depth + 1))


def refuse_what_acts(reader: PdfFileReader) -> None:
    """PressError: a script, or a form in XML, may show others something else than was read."""
    for found in _dictionaries(reader):
        if not _ACTS.isdisjoint(found) or found.get("/S") == "/JavaScript":
            raise PressError("a script in it decides what is seen", reason="document")


def _dictionaries(reader: PdfFileReader) -> Iterator[generic.DictionaryObject]:
    """Every dictionary that a reader can come to."""
    seen: set[tuple[int, int]] = set()
    waiting: list[Any] = [reader.trailer.raw_get("/Root")]
    while waiting:
        each = waiting.pop()
        if isinstance(each, generic.IndirectObject):
            if (each.idnum, each.generation) in seen:
                continue
            seen.add((each.idnum, each.generation))
            if len(seen) > _MOST_OBJECTS:
                raise PressError("it has too many objects", reason="demanding")
            if not _is_there(reader, each.reference):
                continue
            each = each.get_object()
        if isinstance(each, generic.DictionaryObject):
            yield each
            waiting += [each.raw_get(key) for key in each]
        elif isinstance(each, generic.ArrayObject):
            waiting += [each.raw_get(position) for position in range(len(each))]


def _is_there(reader: PdfFileReader, reference: generic.Reference) -> bool:
    """Whether the tables know the object; one that they do not is null (ISO 32000-2 §7.3.10)."""
    try:
        return reader.xrefs[reference] is not None
    except KeyError:
        return False
