"""The tree of companies."""

from collections.abc import Iterator

from policies.reading.ancestry import Ancestry
from policies.reading.library import Library
from strictyaml import Mistake


def company_mistakes(library: Library, ancestry: Ancestry) -> Iterator[Mistake]:
    """Parents that do not exist, and circles."""
    for name, company in library.companies.documents.items():
        parent = company.value.spec.parent
        if parent is None:
            continue
        yield from library.missing(parent, library.companies, company, ("spec", "parent"))
        above = ancestry.above(name)
        if name in above:
            circle = " → ".join([name, *above[: above.index(name) + 1]])
            yield company.mistake(
                ("spec", "parent"),
                f"the company would be its own parent: {circle}",
                "remove `parent:` from the one on top",
            )
