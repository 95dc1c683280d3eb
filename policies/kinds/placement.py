"""Where stamps go, as people write it: in policies, on seals, and in a request over HTTP."""

from typing import Annotated, Literal, Self

import msgspec
from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from policies.model import (
    AcrossPages,
    BesideKeyword,
    Edge,
    IntoField,
    Invisible,
    OnPage,
    OnPages,
    Placement,
    Several,
    Spot,
)
from policies.page_set import PageSet, PageSetError
from strictyaml import StrictModel, refusal

# A0 is 1189 mm long; a stamp further out than this is a slip of the hand.
_Distance = Annotated[float, Field(ge=0, le=2000)]
_Shift = Annotated[float, Field(ge=-2000, le=2000)]
_Ordinal = Annotated[int, Field(ge=1, le=100_000)]

# A NUL would end the word for the library that looks for it.
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"
_MOST_IN_A_LIST = 20

_CURE = (
    "write one of {page: 1, leftMillimetres: 120, topMillimetres: 200}, "
    "{pages: '1-3,last', leftMillimetres: 120, topMillimetres: 200}, "
    "{keyword: 收货单位, occurrence: last}, {field: NAME}, {crossPage: {edge: right}} "
    "and {invisible: true}"
)
_PAGES_CURE = "write pages and ranges of pages, such as '1-3,5,last', or odd, even or all"
_CORNER = {"left_millimetres", "top_millimetres"}
# The word that chooses, the keys that it needs (itself included), and those that may be there.
_WORDS: dict[str, tuple[set[str], set[str]]] = {
    "page": ({"page", *_CORNER}, {"avoid"}),
    "pages": ({"pages", *_CORNER}, {"avoid"}),
    "keyword": ({"keyword"}, {"occurrence", "dx_millimetres", "dy_millimetres", "avoid"}),
    "field": ({"field"}, set()),
    "cross_page": ({"cross_page"}, set()),
    "invisible": ({"invisible"}, set()),
}


def _page_set(text: str) -> str:
    try:
        return str(PageSet.parse(text))
    except PageSetError as error:
        raise refusal(str(error), _PAGES_CURE) from None


_Pages = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        description="`1-3,5,last`, `odd`, `even`, `all`, or several of these with commas.",
    ),
    AfterValidator(_page_set),
]


class CrossPageInput(StrictModel):
    """骑缝章: the stamp cut into as many slices as pages, each on the edge of its page."""

    edge: Edge
    pages: _Pages = "all"
    alternate: bool = Field(
        default=False,
        description="For duplex printing: on even pages the slice is on the opposite edge.",
    )
    max_pages_per_seal: Annotated[int, Field(ge=2, le=100_000)] | None = None
    offset_millimetres: _Distance | None = Field(
        default=None, description="From the edge's top or left end; without it the middle."
    )

    def placement(self) -> AcrossPages:
        """The value that the rest of the house works with."""
        return AcrossPages(
            edge=self.edge,
            pages=self.pages,
            alternate=self.alternate,
            max_pages_per_seal=self.max_pages_per_seal,
            offset_mm=self.offset_millimetres,
        )


class PlacementInput(StrictModel):
    """One of six: a spot on a page or on several, beside a keyword, in a field, 骑缝, or invisible.

    Lengths are millimetres from the top left corner of the page as a reader sees it.
    """

    page: _Ordinal | Literal["last"] | None = None
    pages: _Pages | None = None
    left_millimetres: _Distance | None = None
    top_millimetres: _Distance | None = None
    keyword: Annotated[str, Field(min_length=1, max_length=200, pattern=_PRINTABLE)] | None = None
    occurrence: _Ordinal | Literal["first", "last", "all"] | None = None
    dx_millimetres: _Shift | None = None
    dy_millimetres: _Shift | None = None
    avoid: Literal["overlap"] | None = None
    field: Annotated[str, Field(min_length=1, max_length=500, pattern=_PRINTABLE)] | None = None
    cross_page: CrossPageInput | None = None
    invisible: Literal[True] | None = None

    @model_validator(mode="after")
    def _is_one_of_six(self) -> Self:
        given = {name for name in type(self).model_fields if getattr(self, name) is not None}
        chosen = given & _WORDS.keys()
        if len(chosen) != 1:
            raise refusal(
                "a placement has exactly one of page, pages, keyword, field, crossPage, invisible",
                _CURE,
            )
        needed, allowed = _WORDS[chosen.pop()]
        if not needed <= given or not given <= needed | allowed:
            raise refusal("these keys do not make one placement", _CURE)
        return self

    def placement(self) -> Spot | Invisible:
        """The value that the rest of the house works with."""
        left, top = self.left_millimetres or 0.0, self.top_millimetres or 0.0
        avoid = self.avoid or msgspec.UNSET
        if self.keyword is not None:
            return BesideKeyword(
                keyword=self.keyword,
                occurrence=self.occurrence or "first",
                dx_mm=self.dx_millimetres or 0.0,
                dy_mm=self.dy_millimetres or 0.0,
                avoid=avoid,
            )
        if self.page is not None:
            return OnPage(page=self.page, left_mm=left, top_mm=top, avoid=avoid)
        if self.pages is not None:
            return OnPages(pages=self.pages, left_mm=left, top_mm=top, avoid=avoid)
        if self.field is not None:
            return IntoField(field=self.field)
        return Invisible() if self.cross_page is None else self.cross_page.placement()


def _together(written: tuple[PlacementInput, ...]) -> tuple[PlacementInput, ...]:
    if any(each.invisible for each in written):
        raise refusal("invisible is in a list of placements", "write it alone, without a list")
    if sum(each.field is not None for each in written) > 1:
        raise refusal(
            "a list of placements names two fields", "keep one: a signature goes into one field"
        )
    return written


def _form(written: object) -> str:
    return "list" if isinstance(written, list | tuple) else "place"


WrittenPlacement = Annotated[
    Annotated[PlacementInput, Tag("place")]
    | Annotated[
        tuple[PlacementInput, ...],
        Field(min_length=1, max_length=_MOST_IN_A_LIST),
        AfterValidator(_together),
        Tag("list"),
    ],
    Discriminator(_form),
]
"""One placement, or a list of several in one act: one signature, several stamps."""


def placement_of(written: PlacementInput | tuple[PlacementInput, ...]) -> Placement:
    """The value that the rest of the house works with; a list of one is that one."""
    if isinstance(written, PlacementInput):
        return written.placement()
    spots = [each.placement() for each in written]
    if len(spots) == 1:
        return spots[0]
    return Several(placements=tuple(spot for spot in spots if not isinstance(spot, Invisible)))


def is_visible(written: PlacementInput | tuple[PlacementInput, ...]) -> bool:
    """Whether it asks for a stamp."""
    return not (isinstance(written, PlacementInput) and written.invisible)
