"""The companies as a tree: which stand above one, and which below."""

from collections.abc import Iterator, Mapping

from policies.objects.group import Company


class Group:
    """The tree, walked once."""

    def __init__(self, companies: Mapping[str, Company]) -> None:
        self._above = {name: tuple(_above(name, companies)) for name in companies}

    def above(self, company: str) -> tuple[str, ...]:
        """The companies above this one, the nearest first; none above one that is unknown."""
        return self._above.get(company, ())

    def is_below(self, company: str, of: str) -> bool:
        """Whether `company` stands below `of`, at whatever distance; none is below itself."""
        return of in self.above(company)


def _above(company: str, companies: Mapping[str, Company]) -> Iterator[str]:
    seen = {company}
    parent = companies[company].parent
    # `policies.reading.references` refuses circles; a walk that ends needs no trust in it.
    while parent is not None and parent not in seen:
        yield parent
        seen.add(parent)
        parent = companies[parent].parent if parent in companies else None
