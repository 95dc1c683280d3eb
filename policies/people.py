"""What a person may do: the roles of the posts that they hold at a moment; and by which keys."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from policies.bundle import Bundle
from policies.calendar import office_day
from policies.model import Caller
from policies.objects.people import Person, PersonKey


def posts_of(person: Person, *, at: datetime) -> frozenset[str]:
    """The posts that they hold at this moment."""
    today = office_day(at)
    return frozenset(
        holding.post
        for holding in person.posts
        if holding.from_day <= today and (holding.until_day is None or today < holding.until_day)
    )


def roles_of(bundle: Bundle, person: Person, *, at: datetime) -> frozenset[str]:
    """The roles of these posts; none once they have left the last."""
    return _roles_with(bundle, posts_of(person, at=at))


def caller_of(bundle: Bundle, person: Person, *, at: datetime) -> Caller:
    """The person as a caller at this moment."""
    posts = posts_of(person, at=at)
    return Caller(
        system=f"person:{person.name}",
        company=person.company,
        roles=_roles_with(bundle, posts),
        person=person.name,
        posts=posts,
    )


def keys_of_people(bundle: Bundle) -> Mapping[str, tuple[Person, PersonKey]]:
    """Key id → whose it is, and the key.

    A key is one person's. `policies.loader` refuses it for two; whoever counts statements asks
    here, where it is nobody's then, so that nobody speaks for two. The map is made once for a
    bundle that is asked for again and again.
    """
    return _of_one_bundle.keys(bundle)


class _KeysOfOneBundle:
    """Keeps the keys of the bundle that was asked for last; a bundle never changes."""

    def __init__(self) -> None:
        # One tuple, so that another thread never sees one bundle with the keys of another.
        self._kept: tuple[Bundle, Mapping[str, tuple[Person, PersonKey]]] | None = None

    def keys(self, bundle: Bundle) -> Mapping[str, tuple[Person, PersonKey]]:
        kept = self._kept
        if kept is None or kept[0] is not bundle:
            self._kept = kept = bundle, MappingProxyType(_keys_of(bundle))
        return kept[1]


_of_one_bundle = _KeysOfOneBundle()


def _keys_of(bundle: Bundle) -> dict[str, tuple[Person, PersonKey]]:
    every = [(person, key) for person in bundle.persons.values() for key in person.keys]
    ids = Counter(key.id for _, key in every)
    values = Counter(key.public_key for _, key in every)
    return {
        key.id: (person, key) for person, key in every if ids[key.id] == values[key.public_key] == 1
    }


def _roles_with(bundle: Bundle, posts: frozenset[str]) -> frozenset[str]:
    return frozenset(role for post in posts for role in bundle.posts[post].roles)
