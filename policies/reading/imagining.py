"""Requests that nobody has made filled in: who asks, when, and what happened before."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec

from policies.bundle import Bundle
from policies.kinds.placement import placement_of
from policies.kinds.policy import SealPolicyKind, tests_of
from policies.kinds.selftests import TestRequestSpec
from policies.model import Caller, DocumentFacts, GivenApproval, Known, SealRequest
from policies.objects.rules import PolicyTest
from policies.people import caller_of, roles_of
from policies.reasons import OF_TESTS

_NOBODY = "self-test"


class Imagined(msgspec.Struct, frozen=True, kw_only=True):
    """A request, its document, the moment and what was known, as if it had come in.

    Of `known` there is what was said: `policies.foresight.selftest.known_to` adds the rest.
    """

    request: SealRequest
    facts: DocumentFacts
    at: datetime
    known: Known


@dataclass(frozen=True, slots=True)
class Imagination:
    """Fills in what is left out; `policies.kinds.selftests.TestRequestSpec` says how.

    `bundle`: who and what there is; its policies are not looked at.
    """

    bundle: Bundle

    def imagined(self, spec: TestRequestSpec, *, at: datetime) -> Imagined:
        """The request with its caller as the bundle knows it at this moment.

        Args:
            spec: MUST say seal and document type, and name only persons that the bundle has.
            at: aware; whatever `spec` says.
        """
        seal, document_type = spec.seal or "", spec.document_type or ""
        return Imagined(
            request=SealRequest(
                caller=self._caller(spec, seal, at),
                seal=seal,
                document_type=document_type,
                business_number=spec.business_number,
                attributes=dict(spec.doc.attributes),
                placement=None if spec.placement is None else placement_of(spec.placement),
            ),
            facts=spec.doc.facts(),
            at=at,
            known=self._known(spec, at),
        )

    def tests(
        self, name: str, kind: SealPolicyKind, *, seal: str, document_type: str
    ) -> Iterator[PolicyTest]:
        """The tests of one policy; `seal` and `document_type` stand where none is said."""
        own = {rule.id for rule in kind.spec.permit} | {rule.id for rule in kind.spec.forbid}
        for _, test in tests_of(kind):
            written = test.request
            at = written.at
            moment = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(kind.spec.time_zone))
            said = {
                "seal": written.seal or seal,
                "document_type": written.document_type or document_type,
            }
            found = self.imagined(written.model_copy(update=said), at=moment)
            yield PolicyTest(
                name=test.name,
                request=found.request,
                facts=found.facts,
                at=found.at,
                known=found.known,
                expect=test.expect,
                rule=f"{name}/{test.rule}"
                if test.rule in own and test.rule not in OF_TESTS
                else test.rule,
            )

    def _caller(self, written: TestRequestSpec, seal: str, at: datetime) -> Caller:
        if written.person is not None:
            return caller_of(self.bundle, self.bundle.persons[written.person], at=at)
        system = self.bundle.systems.get(written.system or "")
        if system is not None:
            company, roles = system.company, system.roles
        else:
            owner = self.bundle.seals.get(seal)
            company, roles = owner.company if owner else _NOBODY, frozenset()
        line = None if system is None else system.line
        return Caller(
            system=written.system or _NOBODY,
            company=written.company or company,
            roles=roles if written.roles is None else frozenset(written.roles),
            line=msgspec.UNSET if line is None else line,
        )

    def _known(self, written: TestRequestSpec, at: datetime) -> Known:
        given = len(written.approved_by)
        return Known(
            used={f"used.{name}": count for name, count in written.used.items()},
            approvals=tuple(
                GivenApproval(
                    id=f"{_NOBODY}-{number}",
                    subject=name,
                    roles=roles_of(self.bundle, self.bundle.persons[name], at=at),
                    given_at=at - timedelta(minutes=given - number),
                    expires_at=at + timedelta(days=1),
                )
                for number, name in enumerate(written.approved_by)
            ),
        )
