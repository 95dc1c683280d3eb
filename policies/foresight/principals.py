"""Everybody for whom a rule can be, as a caller: what looks at policies asks about each.

Systems ask for themselves. Of people, what counts is their posts; so each post is one principal,
and a person only where it holds several, because a rule may ask for what two of them give.
"""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

from policies.bundle import Bundle, Holding, Person, System
from policies.model import Caller

OFFICE_ZONE: Final = ZoneInfo("Asia/Shanghai")
"""In which days of holdings and of grants begin and end."""


def principals(bundle: Bundle, *, at: datetime) -> Mapping[str, Caller]:
    """Each by its name in `Caller.system`: `tms`, `post:dispatch`, `person:li-na`."""
    everybody = (*_systems(bundle), *_posts(bundle), *_persons(bundle, day_of(at)))
    return MappingProxyType({caller.system: caller for caller in everybody})


def day_of(at: datetime) -> date:
    """The day on the calendar of holdings and grants."""
    return at.astimezone(OFFICE_ZONE).date()


def held(holding: Holding, day: date) -> bool:
    """Whether the post is held on this day."""
    return holding.from_day <= day and (holding.until_day is None or day < holding.until_day)


def caller_of(caller: Caller, bundle: Bundle, *, at: datetime) -> Caller | None:
    """The same caller as this bundle knows it at the moment; None where it knows no such one."""
    if isinstance(caller.person, str):
        person = bundle.persons.get(caller.person)
        return None if person is None else _of_person(person, bundle, day_of(at))
    system = bundle.systems.get(caller.system)
    return None if system is None else _of_system(system)


def _systems(bundle: Bundle) -> Iterator[Caller]:
    yield from map(_of_system, bundle.systems.values())


def _of_system(system: System) -> Caller:
    line = msgspec.UNSET if system.line is None else system.line
    return Caller(system=system.name, company=system.company, roles=system.roles, line=line)


def _posts(bundle: Bundle) -> Iterator[Caller]:
    for post in bundle.posts.values():
        name = f"post:{post.name}"
        yield Caller(
            system=name, company=post.company, roles=post.roles, posts=frozenset({post.name})
        )


def _persons(bundle: Bundle, day: date) -> Iterator[Caller]:
    for person in bundle.persons.values():
        caller = _of_person(person, bundle, day)
        if len(caller.held_posts) > 1:
            yield caller


def _of_person(person: Person, bundle: Bundle, day: date) -> Caller:
    posts = [
        bundle.posts[each.post]
        for each in person.posts
        if each.post in bundle.posts and held(each, day)
    ]
    return Caller(
        system=f"person:{person.name}",
        company=person.company,
        person=person.name,
        roles=frozenset[str]().union(*(post.roles for post in posts)),
        posts=frozenset(post.name for post in posts),
    )
