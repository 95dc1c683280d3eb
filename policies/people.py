"""What a person may do: the roles of the posts that they hold at a moment."""

from datetime import datetime
from zoneinfo import ZoneInfo

from policies.bundle import Bundle, Person
from policies.model import Caller

_POSTS_ZONE = ZoneInfo("Asia/Shanghai")


def posts_of(person: Person, *, at: datetime) -> frozenset[str]:
    """The posts that they hold at this moment; a day begins at midnight in Asia/Shanghai."""
    today = at.astimezone(_POSTS_ZONE).date()
    return frozenset(
        held.post
        for held in person.posts
        if held.from_day <= today and (held.until_day is None or today < held.until_day)
    )


def roles_of(bundle: Bundle, person: Person, *, at: datetime) -> frozenset[str]:
    """The roles of these posts; none once they have left the last."""
    return frozenset(role for post in posts_of(person, at=at) for role in bundle.posts[post].roles)


def caller_of(bundle: Bundle, person: Person, *, at: datetime) -> Caller:
    """The person as a caller at this moment."""
    return Caller(
        system=f"person:{person.name}",
        company=person.company,
        roles=roles_of(bundle, person, at=at),
        person=person.name,
        posts=posts_of(person, at=at),
    )
