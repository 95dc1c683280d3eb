"""How large pages are, as people say it: `210x297`."""

from gateway.documents.placing.places import Pages


def page_sizes(pages: Pages) -> tuple[str, ...]:
    """Width and height of each page as a reader sees it, to a whole millimetre."""
    geometries = (pages.geometry(index) for index in range(pages.count))
    return tuple(f"{each.width_mm:.0f}x{each.height_mm:.0f}" for each in geometries)
