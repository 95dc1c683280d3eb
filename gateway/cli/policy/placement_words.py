"""A placement in a sentence, for who reads a decision."""

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


def placement_text(placement: Placement) -> str:
    """Such as `page 1, 120 mm from the left and 200 mm from the top`."""
    match placement:
        case Several(placements=placements):
            return "; ".join(_one(each) for each in placements)
        case Invisible():
            return "invisible"
        case _:
            return _one(placement)


def _one(placement: Spot) -> str:
    match placement:
        case OnPage(page=page, left_mm=left, top_mm=top):
            return _spot(f"page {page}", left, top) + _moving(placement)
        case OnPages(pages=pages, left_mm=left, top_mm=top):
            return _spot(f"pages {pages}", left, top) + _moving(placement)
        case BesideKeyword(keyword=keyword, occurrence=occurrence, dx_mm=dx, dy_mm=dy):
            nth = f"occurrence {occurrence}" if isinstance(occurrence, int) else occurrence
            moved = f", moved by {dx:g} mm and {dy:g} mm" if dx or dy else ""
            return f"beside the keyword {keyword} ({nth}){moved}" + _moving(placement)
        case IntoField(field=field):
            return f"in the signature field {field}"
        case AcrossPages():
            return _across(placement)


def _spot(pages: str, left_mm: float, top_mm: float) -> str:
    return f"{pages}, {left_mm:g} mm from the left and {top_mm:g} mm from the top"


def _moving(placement: OnPage | OnPages | BesideKeyword) -> str:
    return ", moved off text and annotations" if placement.avoid == "overlap" else ""


def _across(placement: AcrossPages) -> str:
    edge = f"the {placement.edge} edge" + (" (alternating)" if placement.alternate else "")
    most = placement.max_pages_per_seal
    at = placement.offset_mm
    return (
        f"across pages {placement.pages} on {edge}"
        + ("" if most is None else f", a stamp for at most {most} pages")
        + ("" if at is None else f", {at:g} mm along it")
    )
