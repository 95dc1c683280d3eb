"""Where the stamps go: pages and areas on them, or a named reason why nowhere.

`places_for` knows no PDF library; what it asks of the document stands in
`gateway.documents.placing.places`.
"""

from collections.abc import Iterator, Sequence

from gateway.documents.errors import (
    FieldNotFoundProblem,
    FieldUnusableProblem,
    OffPageProblem,
    OverlapProblem,
    PageOutOfRangeProblem,
    PlacementProblem,
)
from gateway.documents.model import StampOmitted, StampPart, StampPosition
from gateway.documents.opened_pages import OpenedPages
from gateway.documents.placing.cross_page import places_across
from gateway.documents.placing.free_spot import FARTHEST_MM, Obstacle, nearest_free
from gateway.documents.placing.geometry import Area, PageGeometry, Rectangle
from gateway.documents.placing.keyword_places import KeywordSearch
from gateway.documents.placing.places import Pages, SignatureField, StampPlace
from gateway.documents.placing.texts import DocumentText
from policies.model import (
    AcrossPages,
    BesideKeyword,
    IntoField,
    Invisible,
    OnPage,
    OnPages,
    Placement,
    Several,
    Spot,
)
from policies.page_set import NoSuchPageError, PageSet

_MOST_STAMPS = 10_000
_MOST_OBSTACLES = 2_000
_MOST_NAMED = 20
_MOST_IN_THE_WAY = 3
_LONGEST_WORD = 30


def places_for(
    placement: Placement | None,
    *,
    width_mm: float,
    height_mm: float,
    pages: Pages,
    document: bytes,
    opened: OpenedPages | None = None,
) -> tuple[StampPlace, ...]:
    """Every stamp and slice of one act, in the order in which they were asked for.

    A place in an existing field comes first, because the signature goes there. There are no places
    for an invisible signature, and none for a 骑缝章 on a document of one page.

    Args:
        placement: what was asked for.
        width_mm: of the stamp.
        height_mm: of the stamp.
        pages: of the document.
        document: its bytes, for the text; they are opened only where text is asked for.
        opened: the same document, for whoever asks more of its pages than this.

    Raises:
        PlacementProblem: somewhere is nowhere; the subclass says why.
        DamagedDocumentProblem: what it depends on is damaged.
    """
    spots = _spots(placement)
    with DocumentText(document, pages=pages.count, opened=opened) as texts:
        placer = _Placer(width_mm, height_mm, pages, texts)
        for spot in spots:
            placer.place(spot)
    if spots and not placer.places and not any(isinstance(spot, AcrossPages) for spot in spots):
        raise PageOutOfRangeProblem(f"the document has {pages.count} pages, none of those asked")
    return tuple(sorted(placer.places, key=lambda place: place.field is None))


def positions_of(
    placement: Placement | None, places: Sequence[StampPlace], *, pages: int
) -> tuple[StampPosition | StampOmitted, ...]:
    """What is told of the places: each stamp, and each 骑缝章 that has fewer than two pages.

    Args:
        placement: what was asked for.
        places: what `places_for` gave for it.
        pages: how many the document has.
    """
    positions: list[StampPosition | StampOmitted] = [_position(place) for place in places]
    for spot in _spots(placement):
        if isinstance(spot, AcrossPages):
            chosen = len(_numbers(spot.pages, pages))
            if chosen < 2:  # noqa: PLR2004 - see places_across
                why = f"pages {spot.pages}: {chosen} of {pages}, so there is no second to cross to"
                positions.append(StampOmitted(placement="cross-page", why=why))
    return tuple(positions)


def _position(place: StampPlace) -> StampPosition:
    part = place.part
    return StampPosition(
        page=place.page_index + 1,
        left_mm=place.area.left_mm,
        top_mm=place.area.top_mm,
        width_mm=place.area.width_mm,
        height_mm=place.area.height_mm,
        part=None if part is None else StampPart(axis=part.axis, start=part.start, end=part.end),
        field=None if place.field is None else place.field.name,
    )


def _spots(placement: Placement | None) -> tuple[Spot, ...]:
    match placement:
        case None | Invisible():
            return ()
        case Several(placements=placements):
            return placements
        case _:
            return (placement,)


class _Placer:
    """Gathers places; `avoid: overlap` looks at those that it has gathered before."""

    def __init__(
        self, width_mm: float, height_mm: float, pages: Pages, texts: DocumentText
    ) -> None:
        self._width_mm = width_mm
        self._height_mm = height_mm
        self._pages = pages
        self._texts = texts
        self.places: list[StampPlace] = []

    def place(self, spot: Spot) -> None:
        """Add the places of one spot."""
        for place in self._places(spot):
            if len(self.places) >= _MOST_STAMPS:
                raise PlacementProblem(f"these are more than {_MOST_STAMPS} stamps in one document")
            self.places.append(place)

    def _places(self, spot: Spot) -> Iterator[StampPlace]:
        match spot:
            case OnPage():
                yield self._on_page(spot, page_index(spot, pages=self._pages.count))
            case OnPages():
                for number in _numbers(spot.pages, self._pages.count):
                    yield self._on_page(spot, number - 1)
            case BesideKeyword():
                for index, box in KeywordSearch(spot, self._pages, self._texts).boxes():
                    yield self._beside(spot, index, box)
            case IntoField():
                yield self._in_field(spot)
            case AcrossPages():
                yield from places_across(
                    spot,
                    _numbers(spot.pages, self._pages.count),
                    width_mm=self._width_mm,
                    height_mm=self._height_mm,
                    pages=self._pages,
                )

    def _on_page(self, spot: OnPage | OnPages, index: int) -> StampPlace:
        geometry = self._pages.geometry(index)
        area = area_on_page(
            spot,
            geometry,
            number=index + 1,
            width_mm=self._width_mm,
            height_mm=self._height_mm,
        )
        return self._settled(spot, index, geometry, area)

    def _beside(self, spot: BesideKeyword, index: int, box: Rectangle) -> StampPlace:
        geometry = self._pages.geometry(index)
        area = area_beside(spot, box, geometry, width_mm=self._width_mm, height_mm=self._height_mm)
        return self._settled(spot, index, geometry, area)

    def _settled(
        self,
        spot: OnPage | OnPages | BesideKeyword,
        index: int,
        geometry: PageGeometry,
        area: Area,
    ) -> StampPlace:
        if spot.avoid == "overlap":
            area = self._clear(index, geometry, area)
        return StampPlace(page_index=index, geometry=geometry, area=area)

    def _clear(self, index: int, geometry: PageGeometry, wanted: Area) -> Area:
        number = index + 1
        text = self._texts.page(index)
        if text.is_scan:
            raise OverlapProblem(
                f"page {number} is a scan without text, so nobody can say what a stamp on it covers"
            )
        obstacles = list(self._obstacles(index, geometry))
        if len(obstacles) > _MOST_OBSTACLES:
            raise OverlapProblem(
                f"page {number} has text in more than {_MOST_OBSTACLES} places, too many to look "
                "for one that is free"
            )
        free = nearest_free(wanted, geometry, obstacles)
        if free is None:
            raise OverlapProblem(
                f"page {number} has no free spot of {self._width_mm:g} x {self._height_mm:g} mm "
                f"within {FARTHEST_MM:g} mm of {wanted.left_mm:.0f}/{wanted.top_mm:.0f} mm; "
                f"in the way: {self._in_the_way(index, geometry, wanted)}"
            )
        return free

    def _in_the_way(self, index: int, geometry: PageGeometry, wanted: Area) -> str:
        obstacles = list(self._obstacles(index, geometry, in_words=True))
        covered = [each for each in obstacles if each.meets(wanted)] or obstacles
        told = [
            f"{each.what} at {each.area.left_mm:.0f}/{each.area.top_mm:.0f} mm" for each in covered
        ]
        return ", ".join(told[:_MOST_IN_THE_WAY]) or "the page's own edges"

    def _obstacles(
        self, index: int, geometry: PageGeometry, *, in_words: bool = False
    ) -> Iterator[Obstacle]:
        text = self._texts.page(index)
        for box in text.boxes:
            what = f"the text {_short(text.words(box))!r}" if in_words else "text"
            yield Obstacle(geometry.to_area(box), what)
        for annotation in self._pages.annotations(index):
            yield Obstacle(geometry.to_area(annotation.box), annotation.what)
        for place in self.places:
            if place.page_index == index:
                yield Obstacle(place.area, "another stamp of this seal")

    def _in_field(self, spot: IntoField) -> StampPlace:
        field = _field_called(spot.field, self._pages.signature_fields())
        if field.page_index is None or field.box is None:
            raise FieldUnusableProblem(f"the field {field.name!r} has no single place on a page")
        geometry = self._pages.geometry(field.page_index)
        room = geometry.to_area(field.box)
        slack = 0.01
        if self._width_mm > room.width_mm + slack or self._height_mm > room.height_mm + slack:
            raise FieldUnusableProblem(
                f"a stamp of {self._width_mm:g} x {self._height_mm:g} mm does not fit into the "
                f"field {field.name!r} of {room.width_mm:.1f} x {room.height_mm:.1f} mm, and a "
                "stamp is never drawn smaller than it is"
            )
        area = Area(
            room.left_mm + (room.width_mm - self._width_mm) / 2,
            room.top_mm + (room.height_mm - self._height_mm) / 2,
            self._width_mm,
            self._height_mm,
        )
        if not geometry.holds(area):
            raise OffPageProblem(
                f"the field {field.name!r} does not lie wholly on page {field.page_index + 1}"
            )
        return StampPlace(page_index=field.page_index, geometry=geometry, area=area, field=field)


def page_index(placement: OnPage, *, pages: int) -> int:
    """The zero-based page of the placement.

    Raises:
        PageOutOfRangeProblem: the document has no such page.
    """
    number = pages if placement.page == "last" else placement.page
    if not 1 <= number <= pages:
        raise PageOutOfRangeProblem(f"page {number} was asked for; the document has {pages}")
    return number - 1


def area_on_page(
    placement: OnPage | OnPages,
    geometry: PageGeometry,
    *,
    number: int,
    width_mm: float,
    height_mm: float,
) -> Area:
    """The stamp's area for a placement by millimetres; `number` is the page's, from 1.

    Raises:
        OffPageProblem: it would not lie wholly on the visible page.
    """
    area = Area(placement.left_mm, placement.top_mm, width_mm, height_mm)
    if not geometry.holds(area):
        raise OffPageProblem(
            f"a stamp of {width_mm:g} x {height_mm:g} mm at {placement.left_mm:g} mm from the left "
            f"and {placement.top_mm:g} mm from the top leaves page {number} of "
            f"{geometry.width_mm:.1f} x {geometry.height_mm:.1f} mm"
        )
    return area


def area_beside(
    placement: BesideKeyword,
    keyword_box: Rectangle,
    geometry: PageGeometry,
    *,
    width_mm: float,
    height_mm: float,
) -> Area:
    """The stamp's area beside a keyword: centred on its end, moved, and kept on the page.

    A keyword often stands near an edge, so here the stamp is moved onto the page rather than
    refused; it is refused only where the page is smaller than the stamp.
    """
    box = geometry.to_area(keyword_box)
    left = box.left_mm + box.width_mm + placement.dx_mm - width_mm / 2
    top = box.top_mm + box.height_mm / 2 + placement.dy_mm - height_mm / 2
    if width_mm > geometry.width_mm or height_mm > geometry.height_mm:
        raise OffPageProblem(
            f"a stamp of {width_mm:g} x {height_mm:g} mm does not fit on a page of "
            f"{geometry.width_mm:.1f} x {geometry.height_mm:.1f} mm"
        )
    left = min(max(left, 0.0), geometry.width_mm - width_mm)
    top = min(max(top, 0.0), geometry.height_mm - height_mm)
    return Area(left, top, width_mm, height_mm)


def _numbers(pages: str, count: int) -> tuple[int, ...]:
    try:
        return PageSet.parse(pages).numbers(count)
    except NoSuchPageError as missing:
        raise PageOutOfRangeProblem(
            f"pages {pages} were asked for; the document has {count}, and no page {missing.number}"
        ) from None


def _field_called(name: str, fields: tuple[SignatureField, ...]) -> SignatureField:
    for field in fields:
        if field.name == name:
            if field.is_signed:
                raise FieldUnusableProblem(
                    f"the field {name!r} is signed already; {_named(fields)}"
                )
            if field.obstacle is not None:
                raise FieldUnusableProblem(f"the field {name!r} {field.obstacle}")
            return field
    raise FieldNotFoundProblem(f"no signature field is called {name!r}; {_named(fields)}")


def _named(fields: tuple[SignatureField, ...]) -> str:
    if not fields:
        return "the document has no signature fields"
    named = ", ".join(
        f"{_short(field.name)!r} ({'signed' if field.is_signed else 'empty'})"
        for field in fields[:_MOST_NAMED]
    )
    more = f" and {len(fields) - _MOST_NAMED} more" if len(fields) > _MOST_NAMED else ""
    return f"the document has {named}{more}"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_WORD else f"{text[:_LONGEST_WORD]}…"
