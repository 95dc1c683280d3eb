"""Text by a font that is not there, or that a graphics state sets: readers show different texts.

Where its resources lack the font that content names, pdfium draws the text by a font of its own and
poppler draws none. Where a graphics state has a font (§8.4.5), pdfium takes one of its own, and
others the one that stands there, whose characters may be others.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Final, NamedTuple

import pikepdf

from gateway.documents.inspection.content_words import taken_otherwise
from gateway.documents.inspection.font_names import KINDS, fonts_named_by
from gateway.documents.inspection.sighting import Sighting, named
from gateway.documents.inspection.snapshot import Snapshot, Value, dictionaries, is_reference

_RULE: Final = "ambiguous-structure"
_KINDS: Final = frozenset(f"/{kind}" for kind in KINDS)
_DRAWING: Final = ("/XObject", "/Pattern")
_MOST: Final = 50_000


class _Content(NamedTuple):
    """What is drawn together, its resources, and the fonts of whatever draws it."""

    streams: tuple[str, ...]
    resources: Value
    above: frozenset[str]


class _Said(NamedTuple):
    """The fonts that content names, None: readers may find others; and what they take otherwise."""

    names: frozenset[str] | None
    otherwise: str


def font_sightings(document: bytes, snapshot: Snapshot) -> Iterator[Sighting]:
    """What ambiguous-structure sees in content: fonts, and words that readers take otherwise.

    Args:
        document: the file; about its structure readers agree.
        snapshot: its objects.
    """
    for reference, value in snapshot.objects.items():
        if any(isinstance(snapshot.entry(each, "/Font"), list) for each in dictionaries(value)):
            yield Sighting(
                _RULE,
                f"{named(reference)} sets a font by a graphics state, which readers differ in",
            )
    with pikepdf.open(BytesIO(document), attempt_recovery=False, suppress_warnings=True) as pdf:
        yield from _Looking(pdf, snapshot).sightings()


class _Looking:
    """Looks at all content, each with the fonts that it can name."""

    def __init__(self, pdf: pikepdf.Pdf, snapshot: Snapshot) -> None:
        self._pdf = pdf
        self._snapshot = snapshot
        self._named: dict[tuple[str, ...], _Said] = {}

    def sightings(self) -> Iterator[Sighting]:
        todo = [each for page in self._snapshot.pages() for each in self._of_page(page)]
        seen: set[tuple[tuple[str, ...], int, frozenset[str]]] = set()
        while todo:
            content = todo.pop()
            key = content.streams, id(content.resources), content.above
            if key in seen:
                continue
            seen.add(key)
            if len(seen) > _MOST:
                yield Sighting(_RULE, "nobody can say by which fonts its forms draw")
                return
            known = content.above.union(self._fonts(content.resources))
            yield from self._compared(content.streams, known)
            todo += self._drawn(content.resources, known)

    def _compared(self, streams: tuple[str, ...], known: frozenset[str]) -> Iterator[Sighting]:
        if not streams:
            return
        if streams not in self._named:
            self._named[streams] = self._said(streams)
        (names, otherwise), where = self._named[streams], named(streams[0])
        if otherwise:
            yield Sighting(_RULE, f"{where} {otherwise}")
        if names is None:
            yield Sighting(_RULE, f"{where} sets a font in a way that readers read differently")
        elif names - known:
            yield Sighting(_RULE, f"{where} writes by a font that is not there")

    def _said(self, streams: tuple[str, ...]) -> "_Said":
        content = b"\n".join(map(self._unpacked, streams))
        found = fonts_named_by(content)
        names = (
            None
            if found is None
            else frozenset("/" + name.decode("utf-8", "replace") for name in found)
        )
        return _Said(names, taken_otherwise(content))

    def _unpacked(self, reference: str) -> bytes:
        number, generation, _ = reference.split()
        try:
            found = self._pdf.get_object(int(number), int(generation))
            return found.read_bytes() if isinstance(found, pikepdf.Stream) else b""
        except pikepdf.PdfError:
            return b""  # nobody can draw what cannot be unpacked; bombs are found by `size`

    def _of_page(self, page: str) -> Iterator[_Content]:
        resources = self._snapshot.inherited(page, "/Resources")
        contents = self._snapshot.resolve(page).get("/Contents")
        listed = self._snapshot.resolve(contents)
        every = listed if isinstance(listed, list) else [contents]
        yield _Content(self._streams(every), resources, frozenset())
        fonts = frozenset(self._fonts(resources))
        for annotation in self._snapshot.annotations(page):
            appearances = self._snapshot.entry(annotation, "/AP")
            for each in appearances.values() if isinstance(appearances, dict) else ():
                states = self._snapshot.resolve(each)
                is_one = is_reference(each) and each in self._snapshot.streams
                every = [each] if is_one or not isinstance(states, dict) else list(states.values())
                yield from self._forms(every, fonts)

    def _forms(self, every: list[Value], known: frozenset[str]) -> Iterator[_Content]:
        for each in self._streams(every):
            yield _Content((each,), self._snapshot.entry(each, "/Resources"), known)

    def _drawn(self, resources: Value, known: frozenset[str]) -> Iterator[_Content]:
        """What content with these resources may draw besides: forms, tiles and characters."""
        for key in _DRAWING:
            every = self._snapshot.entry(resources, key)
            if isinstance(every, dict):
                drawn = [
                    each
                    for each in every.values()
                    if self._snapshot.entry(each, "/Subtype") != "/Image"
                ]
                yield from self._forms(drawn, known)
        for font in self._fonts(resources).values():
            characters = self._snapshot.entry(font, "/CharProcs")
            if isinstance(characters, dict):
                within = self._snapshot.entry(font, "/Resources")
                yield _Content((), within, known)
                for each in self._streams(list(characters.values())):
                    yield _Content((each,), within, known)

    def _fonts(self, resources: Value) -> dict[str, Value]:
        """Those that are there, by their names."""
        fonts = self._snapshot.entry(resources, "/Font")
        if not isinstance(fonts, dict):
            return {}
        return {
            name: font
            for name, font in fonts.items()
            if self._snapshot.entry(font, "/Subtype") in _KINDS
        }

    def _streams(self, every: list[Value]) -> tuple[str, ...]:
        return tuple(
            each for each in every if is_reference(each) and each in self._snapshot.streams
        )
