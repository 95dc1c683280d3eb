"""Where people sign and fill in by default: where the last page has room, best below its own words.

Nobody knows here where the policies put seals. They stand beside words such as “（盖章）”, so that
much around those is left free, too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pypdfium2
import pypdfium2.raw as pdfium

from gateway.documents.opened_pages import OpenedPages
from gateway.documents.placing.free_spot import Obstacle, nearest_free
from gateway.documents.placing.geometry import Area, PageGeometry, Rectangle, Rotation
from gateway.documents.placing.texts import PageText

_SEAL_MM: Final = 46.0
"""Seals of companies are up to 45 mm across."""
_MOST_OBSTACLES: Final = 2_000
_FOR_SEALS: Final = re.compile(r"\((?:盖章|公章|签章|盖公章|seal|stamp)\)|盖章处|(?:盖|公|签)章:")
_FOR_NAMES: Final = re.compile(r"签(?:字|名|收)(?:处|:)|signature:|signed by:", re.IGNORECASE)
_LONGEST_WORDS: Final = 24
_BELOW_MM: Final = 1.0
_ROTATIONS: Final[tuple[Rotation, ...]] = (0, 90, 180, 270)


@dataclass(slots=True)
class _Sheet:
    """The last page of a document. `labels`: where a person signs, by the page's own words."""

    geometry: PageGeometry
    obstacles: list[Obstacle]
    labels: list[tuple[Area, str]]


@dataclass(frozen=True, slots=True)
class Wish:
    """Where something would stand if the page had nothing on it.

    Attributes:
        name: of the field.
        area: the place.
        is_signature: it goes below the page's words for a signature, where there are some.
    """

    name: str
    area: Area
    is_signature: bool = False


@dataclass
class Places:
    """Boxes on the last pages of documents, none upon another.

    Attributes:
        contents: the documents by their names.
        notes: what people are to know of the boxes.
        chosen: whether any lies where the page was seen to be free.
    """

    contents: Mapping[str, bytes]
    notes: list[str] = field(default_factory=list)
    chosen: bool = False
    _sheets: dict[str, _Sheet | None] = field(default_factory=dict)

    def box(self, document: str, wish: Wish) -> dict[str, Any]:
        """A free place near to the wish; the wish itself where there is none, which is noted."""
        found = self._found(document, wish)
        if found is None:
            return _box(wish.area)
        self.chosen = True
        sheet, area = found
        sheet.obstacles.append(Obstacle(area, wish.name))
        return _box(area)

    def _found(self, document: str, wish: Wish) -> tuple[_Sheet, Area] | None:
        if document not in self._sheets:
            self._sheets[document] = _sheet_of(self.contents[document])
            if self._sheets[document] is None:
                self.notes.append(
                    f"what stands on {document} cannot be told (it has no text, or cannot be "
                    "read): set each `box` in it to where nothing lies"
                )
        sheet = self._sheets[document]
        if sheet is None:
            return None
        for number, (label, words) in enumerate(sheet.labels if wish.is_signature else ()):
            area = _nearest(sheet, _below(label, wish.area))
            if area is not None:
                del sheet.labels[number]
                self.notes.append(f"{wish.name} on {document}: below “{words}”{_at(area)}")
                return sheet, area
        area = _nearest(sheet, wish.area)
        if area is None:
            self.notes.append(
                f"the last page of {document} has no free room for {wish.name}, and its `box` lies "
                "upon something or off the page: set it to where nothing lies, or on another page"
            )
            return None
        self.notes.append(f"{wish.name} on {document}: on the last page{_at(area)}")
        return sheet, area


def _nearest(sheet: _Sheet, wanted: Area) -> Area | None:
    area = nearest_free(wanted, sheet.geometry, sheet.obstacles)
    if area is None:
        return None
    return Area(round(area.left_mm, 2), round(area.top_mm, 2), area.width_mm, area.height_mm)


def _below(label: Area, wanted: Area) -> Area:
    top = label.top_mm + label.height_mm + _BELOW_MM
    return Area(label.left_mm, top, wanted.width_mm, wanted.height_mm)


def _box(area: Area) -> dict[str, Any]:
    return {
        "page": -1,
        "leftMm": area.left_mm,
        "topMm": area.top_mm,
        "widthMm": area.width_mm,
        "heightMm": area.height_mm,
    }


def _at(area: Area) -> str:
    return f", at {area.left_mm:g}/{area.top_mm:g} mm"


def _sheet_of(content: bytes) -> _Sheet | None:
    """The last page; None: nobody can say what stands on it."""
    try:
        with OpenedPages(content) as opened:
            page = opened.page(opened.count - 1)
            text = page.get_textpage()
            try:
                return _read(page, PageText(page, text))
            finally:
                text.close()
    except (pypdfium2.PdfiumError, IndexError):
        return None


def _read(page: pypdfium2.PdfPage, text: PageText) -> _Sheet | None:
    if text.is_scan:
        return None
    rotation = _ROTATIONS[page.get_rotation() // 90 % 4]
    box = Rectangle(*page.get_cropbox())
    units = (page.get_width() + page.get_height()) / (box.x1 - box.x0 + box.y1 - box.y0)
    geometry = PageGeometry(box, rotation, units)
    obstacles = [Obstacle(geometry.to_area(each), "text") for each in text.boxes]
    obstacles += [Obstacle(geometry.to_area(each), "an annotation") for each in _annotations(page)]
    for seal in text.find(_FOR_SEALS):
        area = geometry.to_area(seal)
        across, down = area.left_mm + area.width_mm, area.top_mm + area.height_mm / 2
        around = Area(across - _SEAL_MM / 2, down - _SEAL_MM / 2, _SEAL_MM, _SEAL_MM)
        obstacles.append(Obstacle(around, "a seal"))
    if len(obstacles) > _MOST_OBSTACLES:
        return None
    return _Sheet(geometry, obstacles, list(_labels(geometry, text)))


def _labels(geometry: PageGeometry, text: PageText) -> Iterator[tuple[Area, str]]:
    for hit in text.find(_FOR_NAMES):
        # The whole line's beginning is where a reader looks for the place to sign.
        line = next((each for each in text.boxes if _holds(each, hit)), hit)
        words = text.words(line)
        if len(words) <= _LONGEST_WORDS:
            yield geometry.to_area(line), words


def _holds(line: Rectangle, hit: Rectangle) -> bool:
    across, down = (hit.x0 + hit.x1) / 2, (hit.y0 + hit.y1) / 2
    return line.x0 <= across <= line.x1 and line.y0 <= down <= line.y1


def _annotations(page: pypdfium2.PdfPage) -> Iterator[Rectangle]:
    for number in range(pdfium.FPDFPage_GetAnnotCount(page)):
        annotation = pdfium.FPDFPage_GetAnnot(page, number)
        try:
            rectangle = pdfium.FS_RECTF()
            if pdfium.FPDFAnnot_GetRect(annotation, rectangle):
                yield Rectangle(
                    min(rectangle.left, rectangle.right),
                    min(rectangle.bottom, rectangle.top),
                    max(rectangle.left, rectangle.right),
                    max(rectangle.bottom, rectangle.top),
                )
        finally:
            pdfium.FPDFPage_CloseAnnot(annotation)
