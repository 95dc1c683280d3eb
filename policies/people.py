"""What a person may do: the roles of the posts that they hold at a moment."""

from datetime import datetime

from policies.bundle import Bundle
from policies.calendar import office_day
from policies.model import Caller
from policies.objects.people import Person


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


def _roles_with(bundle: Bundle, posts: frozenset[str]) -> frozenset[str]:
    return frozenset(role for post in posts for role in bundle.posts[post].roles)
