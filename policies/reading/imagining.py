"""The tests of policies filled in: who asks, when, and what happened before."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from policies.bundle import Person, PolicyTest, Post, Seal, System
from policies.kinds.placement import placement_of
from policies.kinds.policy import SealPolicyKind, tests_of
from policies.kinds.selftests import TestRequestSpec
from policies.model import Caller, GivenApproval, Known, SealRequest
from policies.reading.references import BUILT_IN_RULES

_NOBODY = "self-test"
_HOME = ZoneInfo("Asia/Shanghai")
"""In which the days of posts are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Imagination:
    """Fills in what tests leave out; `policies.kinds.selftests.TestRequestSpec` says how."""

    seals: Mapping[str, Seal]
    systems: Mapping[str, System]
    persons: Mapping[str, Person]
    posts: Mapping[str, Post]

    def tests(
        self, name: str, kind: SealPolicyKind, *, seal: str, document_type: str
    ) -> Iterator[PolicyTest]:
        """The tests of one policy; `seal` and `document_type` stand where none is said."""
        own = {rule.id for rule in kind.spec.permit} | {rule.id for rule in kind.spec.forbid}
        for _, test in tests_of(kind):
            at = test.request.at
            moment = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(kind.spec.time_zone))
            yield PolicyTest(
                name=test.name,
                request=self.request(test.request, moment, seal=seal, document_type=document_type),
                facts=test.request.doc.facts(),
                at=moment,
                known=self.known(test.request, moment),
                expect=test.expect,
                rule=f"{name}/{test.rule}"
                if test.rule in own and test.rule not in BUILT_IN_RULES
                else test.rule,
            )

    def request(
        self, written: TestRequestSpec, at: datetime, *, seal: str, document_type: str
    ) -> SealRequest:
        """What is asked; `seal` and `document_type` stand where none is said."""
        named = written.seal or seal
        return SealRequest(
            caller=self._caller(written, named, at),
            seal=named,
            document_type=written.document_type or document_type,
            business_number=written.business_number,
            attributes=dict(written.doc.attributes),
            placement=None if written.placement is None else placement_of(written.placement),
        )

    def _caller(self, written: TestRequestSpec, seal: str, at: datetime) -> Caller:
        person = self.persons.get(written.person or "")
        if person is not None:
            return self._person(person, at)
        system = self.systems.get(written.system or "")
        if system is not None:
            company, roles = system.company, system.roles
        else:
            owner = self.seals.get(seal)
            company, roles = owner.company if owner else _NOBODY, frozenset()
        line = None if system is None else system.line
        return Caller(
            system=written.system or _NOBODY,
            company=written.company or company,
            roles=roles if written.roles is None else frozenset(written.roles),
            line=msgspec.UNSET if line is None else line,
        )

    def _person(self, person: Person, at: datetime) -> Caller:
        posts = self._posts_held(person, at)
        return Caller(
            system=f"person:{person.name}",
            company=person.company,
            roles=self._roles_of(posts),
            person=person.name,
            posts=posts,
        )

    def known(self, written: TestRequestSpec, at: datetime) -> Known:
        """What is known besides, as far as it is said; who approved is a person of the bundle."""
        voices = len(written.approved_by)
        return Known(
            used={f"used.{name}": count for name, count in written.used.items()},
            approvals=tuple(
                GivenApproval(
                    id=f"{_NOBODY}-{number}",
                    subject=name,
                    roles=self._roles_of(self._posts_held(self.persons[name], at)),
                    given_at=at - timedelta(minutes=voices - number),
                    expires_at=at + timedelta(days=1),
                )
                for number, name in enumerate(written.approved_by)
            ),
        )

    def _posts_held(self, person: Person, at: datetime) -> frozenset[str]:
        today = at.astimezone(_HOME).date()
        return frozenset(
            holding.post
            for holding in person.posts
            if holding.from_day <= today
            and (holding.until_day is None or today < holding.until_day)
        )

    def _roles_of(self, posts: frozenset[str]) -> frozenset[str]:
        return frozenset(role for post in posts for role in self.posts[post].roles)
