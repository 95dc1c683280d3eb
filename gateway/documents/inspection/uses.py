"""What a signature writes over and a page is drawn by as well: sealing would change the page.

A seal enters its field in the catalogue, the form's list of fields and a page's annotations. Where
one of these is a page's list of fonts, box or content at once, readers show another page afterwards
(`gateway.revisions.uses` asks the same of partners' revisions).
"""

from collections.abc import Iterator, Mapping
from typing import Final

from gateway.documents.inspection.sighting import Sighting, named
from gateway.documents.inspection.snapshot import Snapshot, Value, is_reference
from gateway.revisions.lists import LISTS

_LISTS: Final = frozenset("/" + each.decode() for each in LISTS)
_WHOLE: Final = ""
"""For the key of what is an object by itself, or stands in an array."""


def use_sightings(snapshot: Snapshot) -> Iterator[Sighting]:
    """What ambiguous-structure makes of objects that are used for two things."""
    arrays = _arrays(snapshot)
    dictionaries = _dictionaries(snapshot)
    known = arrays.keys() | dictionaries
    for key, reference in _uses(snapshot, known):
        own = arrays.get(reference)
        if key in _LISTS or (own is not None and key != own):
            what = f"{named(reference)} is written over by a signature, and drawn by besides"
            yield Sighting("ambiguous-structure", what)


def _arrays(snapshot: Snapshot) -> dict[str, str]:
    """Arrays that a signature appends to, each with the key that leads to it."""
    found = {"/Annots": [snapshot.entry(page).get("/Annots") for page in _pages(snapshot)]}
    form = snapshot.entry(snapshot.root, "/AcroForm")
    found["/Fields"] = [form.get("/Fields")] if isinstance(form, dict) else []
    return {each: key for key, values in found.items() for each in values if is_reference(each)}


def _pages(snapshot: Snapshot) -> Iterator[Value]:
    return (page for page in snapshot.pages() if isinstance(snapshot.entry(page), dict))


def _dictionaries(snapshot: Snapshot) -> set[str]:
    """The catalogue, the form, the information and the fields that may be signed."""
    root = snapshot.root
    found = [snapshot.trailer.get("/Root"), snapshot.trailer.get("/Info")]
    found += [root.get("/AcroForm")] if isinstance(root, dict) else []
    fields = snapshot.entry(root, "/AcroForm", "/Fields")
    found += [
        each
        for each in (fields if isinstance(fields, list) else [])
        if snapshot.entry(each, "/FT") == "/Sig" and snapshot.entry(each, "/V") is None
    ]
    return {each for each in found if is_reference(each)}


def _uses(snapshot: Snapshot, known: set[str]) -> Iterator[tuple[str, str]]:
    """Each use of a known object: the key that leads to it, and its reference."""
    todo: list[tuple[str, Value]] = [(_WHOLE, each) for each in snapshot.objects.values()]
    while todo:
        key, value = todo.pop()
        if isinstance(value, str):
            if value in known:
                yield key, value
        elif isinstance(value, Mapping):
            todo += value.items()
        elif isinstance(value, list):
            todo += [(_WHOLE, each) for each in value if not isinstance(each, int | float)]
