"""Where a stamp goes, as people write it: in policies, on seals, and in a request over HTTP."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from policies.model import BesideKeyword, Invisible, OnPage, Placement
from strictyaml import StrictModel, refusal

# A0 is 1189 mm long; a stamp further out than this is a slip of the hand.
_Distance = Annotated[float, Field(ge=0, le=2000)]
_Shift = Annotated[float, Field(ge=-2000, le=2000)]
_Ordinal = Annotated[int, Field(ge=1, le=100_000)]

# A NUL would end the word for the library that looks for it.
_PRINTABLE = r"^[^\x00-\x1f\x7f]+$"

_CURE = (
    "write one of {page: 1, leftMillimetres: 120, topMillimetres: 200}, "
    "{keyword: 收货单位, occurrence: last} and {invisible: true}"
)
# The word that chooses, the keys that it needs (itself included), and those that may be there.
_WORDS: dict[str, tuple[set[str], set[str]]] = {
    "page": ({"page", "left_millimetres", "top_millimetres"}, set()),
    "keyword": ({"keyword"}, {"occurrence", "dx_millimetres", "dy_millimetres"}),
    "invisible": ({"invisible"}, set()),
}


class PlacementInput(StrictModel):
    """One of three: a spot on a page, beside a keyword, or invisible.

    Lengths are millimetres from the top left corner of the page as a reader sees it.
    """

    page: _Ordinal | Literal["last"] | None = None
    left_millimetres: _Distance | None = None
    top_millimetres: _Distance | None = None
    keyword: Annotated[str, Field(min_length=1, max_length=200, pattern=_PRINTABLE)] | None = None
    occurrence: _Ordinal | Literal["first", "last"] | None = None
    dx_millimetres: _Shift | None = None
    dy_millimetres: _Shift | None = None
    invisible: Literal[True] | None = None

    @model_validator(mode="after")
    def _is_one_of_three(self) -> Self:
        given = {name for name in type(self).model_fields if getattr(self, name) is not None}
        chosen = given & _WORDS.keys()
        if len(chosen) != 1:
            raise refusal("a placement has exactly one of page, keyword, invisible", _CURE)
        needed, allowed = _WORDS[chosen.pop()]
        if not needed <= given or not given <= needed | allowed:
            raise refusal("these keys do not make one placement", _CURE)
        return self

    def placement(self) -> Placement:
        """The value that the rest of the house works with."""
        if self.keyword is not None:
            return BesideKeyword(
                keyword=self.keyword,
                occurrence=self.occurrence or "first",
                dx_mm=self.dx_millimetres or 0.0,
                dy_mm=self.dy_millimetres or 0.0,
            )
        if self.page is not None:
            return OnPage(
                page=self.page,
                left_mm=self.left_millimetres or 0.0,
                top_mm=self.top_millimetres or 0.0,
            )
        return Invisible()
