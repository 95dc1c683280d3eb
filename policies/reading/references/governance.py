"""How the group rules itself: one rule, one tree, and officers who can sign."""

from collections.abc import Iterator

from policies.kinds.group import GovernanceKind
from policies.powers import may
from policies.reading.library import Library
from policies.reading.references.people import powers_of_person
from strictyaml import Loaded, Mistake


def governance_mistakes(library: Library) -> Iterator[Mistake]:
    """At most one Governance; everything below its root; officers with a key and the power."""
    first: Loaded[GovernanceKind] | None = None
    for governance in library.governance.documents.values():
        if first is None:
            first = governance
            yield from _root_mistakes(library, governance)
            yield from _officer_mistakes(library, governance)
            yield from _name_mistakes(library, governance)
            continue
        yield governance.mistake(
            ("metadata", "name"),
            "the group rules itself in one way, and there is a Governance already, in "
            f"{first.tree.file}:{first.tree.line(())}",
            "remove one of the two",
        )


def _root_mistakes(library: Library, governance: Loaded[GovernanceKind]) -> Iterator[Mistake]:
    root = governance.value.spec.root
    yield from library.missing(root, library.companies, governance, ("spec", "root"))
    for name, company in library.companies.documents.items():
        parent = company.value.spec.parent
        if name == root and parent is not None:
            yield company.mistake(
                ("spec", "parent"),
                f"the company is the group's root, and has the parent {parent}",
                "remove `parent:`, or name another root in the Governance",
            )
        if name != root and parent is None:
            yield company.mistake(
                ("spec",),
                f"the company is not below the group's root, {root}",
                "add `parent:`",
            )


def _name_mistakes(library: Library, governance: Loaded[GovernanceKind]) -> Iterator[Mistake]:
    retired = governance.value.spec.retired_names
    for word, names, shelf in (
        ("seals", retired.seals, library.seals),
        ("grants", retired.grants, library.grants),
    ):
        for position, name in enumerate(names):
            if name in shelf.names():
                yield governance.mistake(
                    ("spec", "retiredNames", word, position),
                    f"{name} is gone for good, and there is one of that name",
                    "give the new one another name; a retired name does not come back",
                )


def _officer_mistakes(library: Library, governance: Loaded[GovernanceKind]) -> Iterator[Mistake]:
    for position, name in enumerate(governance.value.spec.officers):
        path = ("spec", "officers", position)
        yield from library.missing(name, library.persons, governance, path)
        person = library.persons.spec(name)
        if person is None:
            continue
        if not person.spec.keys:
            yield governance.mistake(
                path, f"the officer {name} has no key to sign with", "add `keys:` to the person"
            )
        powers = powers_of_person(library, person)
        if powers is not None and not may(powers, "policy.activate"):
            yield governance.mistake(
                path,
                f"the officer {name} holds no post with the power seal-manager",
                "give the person a post with such a role, or name another officer",
            )
