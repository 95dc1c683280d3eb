"""Everybody for whom a rule can be, as a caller: what looks at policies asks about each.

Systems ask for themselves. Of people, what counts is their posts; so each post is one principal,
and a person only where it holds several, because a rule may ask for what two of them give.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

import msgspec

from policies.bundle import Bundle
from policies.model import Caller
from policies.objects.systems import System
from policies.people import caller_of


def principals(bundle: Bundle, *, at: datetime) -> Mapping[str, Caller]:
    """Each by its name in `Caller.system`: `tms`, `post:dispatch`, `person:li-na`."""
    everybody = (*_systems(bundle), *_posts(bundle), *_persons(bundle, at))
    return MappingProxyType({caller.system: caller for caller in everybody})


def caller_now(caller: Caller, bundle: Bundle, *, at: datetime) -> Caller | None:
    """The same caller as this bundle knows it at the moment; None where it knows no such one."""
    if isinstance(caller.person, str):
        person = bundle.persons.get(caller.person)
        return None if person is None else caller_of(bundle, person, at=at)
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


def _persons(bundle: Bundle, at: datetime) -> Iterator[Caller]:
    for person in bundle.persons.values():
        caller = caller_of(bundle, person, at=at)
        if len(caller.held_posts) > 1:
            yield caller
