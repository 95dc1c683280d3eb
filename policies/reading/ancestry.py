"""The tree of companies as the files tell it, also while it still has mistakes."""

from dataclasses import dataclass

from policies.reading.library import Library


@dataclass(frozen=True, slots=True)
class Ancestry:
    """Who is above whom: company → its parent, where one is said."""

    parents: dict[str, str]

    @classmethod
    def of(cls, library: Library) -> "Ancestry":
        """As the documents have it."""
        return cls(
            {
                name: company.value.spec.parent
                for name, company in library.companies.documents.items()
                if company.value.spec.parent is not None
            }
        )

    def above(self, company: str) -> tuple[str, ...]:
        """Its parent, that one's parent and so on; a circle is gone round once."""
        found: list[str] = []
        parent = self.parents.get(company)
        while parent is not None and parent not in found:
            found.append(parent)
            parent = self.parents.get(parent)
        return tuple(found)

    def is_below(self, company: str, of: str) -> bool:
        """Whether `of` is above the company; nobody is below themselves."""
        return company != of and of in self.above(company)

    def is_within(self, company: str, of: str) -> bool:
        """Whether it is `of`, or below it."""
        return company == of or of in self.above(company)
