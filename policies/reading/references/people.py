"""Posts, those who hold them, and the separation of powers."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from policies.kinds.people import PersonKind, PersonSpec, overlap
from policies.powers import Power
from policies.reading.library import Library
from strictyaml import Loaded, Mistake

_CURE = "bind roles of one power only: whoever uses seals writes no rules, and reverse"


def people_mistakes(library: Library) -> Iterator[Mistake]:
    """Loose ends of posts and persons, and two powers in one hand."""
    for post in library.posts.documents.values():
        spec = post.value.spec
        yield from library.missing(spec.company, library.companies, post, ("spec", "company"))
        yield from library.missing_any(spec.roles, library.roles, post, ("spec", "roles"))
        powers = powers_of_roles(library, spec.roles)
        if len(powers) > 1:
            told = " and ".join(sorted(powers))
            yield post.mistake(("spec", "roles"), f"the post has two powers: {told}", _CURE)
    for person in library.persons.documents.values():
        yield from _person_mistakes(library, person)
    for system in library.systems.documents.values():
        powers = powers_of_roles(library, system.value.spec.roles)
        if len(powers) > 1:
            told = " and ".join(sorted(powers))
            yield system.mistake(("spec", "roles"), f"the system has two powers: {told}", _CURE)


def powers_of_roles(library: Library, roles: Iterable[str]) -> set[Power]:
    """Those of the roles that exist."""
    found = (library.roles.spec(role) for role in roles)
    return {role.spec.power for role in found if role is not None}


def powers_of_person(library: Library, person: PersonKind) -> set[Power] | None:
    """Those that the person has at any time; None when one of the posts is not known."""
    powers: set[Power] = set()
    for holding in person.spec.posts:
        post = library.posts.spec(holding.post)
        if post is None or any(library.roles.spec(role) is None for role in post.spec.roles):
            return None
        powers |= powers_of_roles(library, post.spec.roles)
    return powers


def roles_of_person(library: Library, person: PersonKind) -> frozenset[str]:
    """The roles that the person has at any time."""
    posts = (library.posts.spec(holding.post) for holding in person.spec.posts)
    return frozenset(role for post in posts if post is not None for role in post.spec.roles)


def _person_mistakes(library: Library, person: Loaded[PersonKind]) -> Iterator[Mistake]:
    spec = person.value.spec
    yield from library.missing(spec.company, library.companies, person, ("spec", "company"))
    for position, holding in enumerate(spec.posts):
        path = ("spec", "posts", position, "post")
        yield from library.missing(holding.post, library.posts, person, path)
    yield from _two_powers(library, person, spec)


def _two_powers(
    library: Library, person: Loaded[PersonKind], spec: PersonSpec
) -> Iterator[Mistake]:
    powers: list[set[Power]] = []
    for holding in spec.posts:
        post = library.posts.spec(holding.post)
        powers.append(set() if post is None else powers_of_roles(library, post.spec.roles))
    for one, other in combinations(range(len(spec.posts)), 2):
        # A post with two powers is a mistake of the post.
        alone = len(powers[one]) == len(powers[other]) == 1
        if alone and powers[one] != powers[other] and overlap(spec.posts[one], spec.posts[other]):
            first, second = spec.posts[one].post, spec.posts[other].post
            yield person.mistake(
                ("spec", "posts", other),
                f"nobody holds two powers at the same time: {first} is {powers[one].pop()}, "
                f"{second} is {powers[other].pop()}",
                "end one of the posts before the other begins, or have somebody else take it",
            )
            return
