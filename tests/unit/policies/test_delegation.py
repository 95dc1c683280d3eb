"""授权书: which grant authorises automatic sealing, and what takes it away."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.bundle import Bundle
from policies.deciding.delegation import Grants
from policies.engine import CELPolicyEngine
from policies.model import (
    Allowed,
    Caller,
    Decision,
    Denied,
    DocumentFacts,
    NeedsApproval,
    Reason,
    SealRequest,
    Stage,
)
from policies.objects.group import Governance, Signatures
from policies.objects.rules import Approvals, PermitRule, SealPolicy
from policies.objects.seals import Amount, SealGrant
from tests import oracle
from tests.drawn_policies import bundle_of

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
FACTS = DocumentFacts(pages=1, size_bytes=1, revisions=1, signatures=0, pdf_version="1.7")
ASKED = SealRequest(
    caller=Caller(system="tms", company="a"),
    seal="a",
    document_type="a",
    business_number="HD-1",
    attributes={"amount": 100},
)
GRANT = SealGrant(
    name="to-tms",
    grantor="a",
    grantee_kind="system",
    grantee="tms",
    seals=("a",),
    document_types=("a",),
    valid_from=date(2026, 1, 1),
    valid_until=date(2028, 12, 31),
)


def changed(**changes: Any) -> SealGrant:  # noqa: ANN401 - fields of a grant
    return msgspec.structs.replace(GRANT, **changes)


def group(
    *grants: SealGrant,
    automatic: Literal["granted", "free"] = "granted",
    approvals: Approvals | None = None,
) -> Bundle:
    """A group in which `a`'s and `b`'s callers are permitted everything on the seal of `a`."""
    rules = [PermitRule(id="automatic", companies=frozenset({"a", "b"}))]
    if approvals is not None:
        rules.append(PermitRule(id="asked", companies=frozenset("a"), approvals=approvals))
    policy = SealPolicy(
        name="p",
        seals=("a",),
        document_types=("a",),
        time_zone="Asia/Shanghai",
        permit=tuple(rules),
    )
    governance = Governance(
        name="group",
        root="a",
        officers=(),
        signatures=Signatures(bundle=2),
        automatic_sealing=automatic,
    )
    return bundle_of([policy], grants=grants, governance=governance)


def decided(bundle: Bundle, request: SealRequest = ASKED, *, at: datetime = AT) -> Decision:
    return CELPolicyEngine(bundle).decide(request, FACTS, at=at)


def why(bundle: Bundle, request: SealRequest = ASKED, *, at: datetime = AT) -> str:
    denied = decided(bundle, request, at=at)
    assert isinstance(denied, Denied)
    (reason,) = denied.reasons
    assert reason.rule == "grant"
    assert Grants(bundle).live(request, at=at) == reason
    return reason.message


def test_a_system_seals_automatically_by_its_grant_and_the_decision_names_it() -> None:
    decision = decided(group(GRANT))
    assert isinstance(decision, Allowed)
    assert decision.grant == "to-tms"
    assert Grants(group(GRANT)).live(ASKED, at=AT) == GRANT
    assert "no grant names the seal" in why(group())


@pytest.mark.parametrize(
    ("grant", "told"),
    [
        (changed(grantee="wms"), "is for system wms"),
        (changed(grantee_kind="post", grantee="tms"), "is for post tms"),
        (changed(document_types=("b",)), "not for the document type a"),
        (changed(amount=Amount(attribute="amount", maximum=99)), "up to 99, and `amount` is 100"),
        (changed(amount=Amount(attribute="sum", maximum=99)), "does not say `sum`"),
        (changed(valid_from=date(2026, 11, 23)), "is valid from 2026-11-23"),
        (changed(valid_until=date(2026, 11, 21)), "was valid until 2026-11-21"),
        (changed(revoked_at=AT, revoked_reason="the key was lost"), "revoked: the key was lost"),
        (changed(revoked_at=AT), "no reason is given"),
        (changed(grantor="b"), "is by b, but the seal belongs to a"),
        (changed(under="nowhere"), "hangs below nowhere, which leads nowhere"),
        (changed(under="to-tms"), "leads nowhere"),
    ],
)
def test_a_grant_that_does_not_fit_denies_and_says_why(grant: SealGrant, told: str) -> None:
    assert told in why(group(grant))


def test_a_negative_amount_is_below_no_cap() -> None:
    capped = group(changed(amount=Amount(attribute="amount", maximum=99)))
    owed = msgspec.structs.replace(ASKED, attributes={"amount": -(10**15)})
    assert "is for amounts from 0, and `amount` is -1000000000000000" in why(capped, owed)
    nothing = msgspec.structs.replace(ASKED, attributes={"amount": 0})
    assert isinstance(decided(capped, nothing), Allowed)


def test_days_of_a_grant_begin_and_end_in_shanghai() -> None:
    one_day = group(changed(valid_from=date(2026, 11, 22), valid_until=date(2026, 11, 22)))
    begins = datetime(2026, 11, 21, 16, tzinfo=UTC)
    assert isinstance(decided(one_day, at=begins), Allowed)
    assert isinstance(decided(one_day, at=begins + timedelta(hours=23, minutes=59)), Allowed)
    assert "is valid from" in why(one_day, at=begins - timedelta(seconds=1))
    assert "was valid until" in why(one_day, at=begins + timedelta(days=1))


def test_a_revocation_counts_from_its_moment() -> None:
    later = group(changed(revoked_at=AT + timedelta(seconds=1)))
    assert isinstance(decided(later), Allowed)
    assert "revoked" in why(later, at=AT + timedelta(seconds=1))


def test_where_sealing_is_free_only_another_companys_seal_needs_a_grant() -> None:
    stranger = msgspec.structs.replace(ASKED, caller=Caller(system="x", company="b"))
    free = group(automatic="free")
    assert isinstance(decided(free), Allowed)
    assert "no grant names the seal" in why(free, stranger)
    to_b = changed(grantee_kind="company", grantee="b")
    assert isinstance(decided(group(to_b, automatic="free"), stranger), Allowed)


def test_a_group_that_does_not_govern_itself_yet_needs_no_grants() -> None:
    assert isinstance(decided(replace(group(), governance=None)), Allowed)


def test_people_need_no_grant_for_what_they_do_themselves() -> None:
    person = Caller(system="person:li", person="li", company="a", posts=frozenset())
    decision = decided(group(), msgspec.structs.replace(ASKED, caller=person))
    assert isinstance(decision, Allowed)
    assert decision.grant is None


def test_without_a_grant_people_may_still_approve() -> None:
    approvals = Approvals(stages=(Stage(count=1, roles=frozenset({"legal"})),))
    decision = decided(group(approvals=approvals))
    assert isinstance(decision, NeedsApproval)
    assert decision.reasons[0].rule == "p/asked"
    assert isinstance(decided(group(GRANT, approvals=approvals)), Allowed)


HEAD = changed(name="to-b", grantee_kind="company", grantee="b", sub_delegation=1)
BELOW = changed(name="by-b", grantor="b", under="to-b")


def test_a_grantee_may_hand_on_what_it_was_given() -> None:
    decision = decided(group(HEAD, BELOW))
    assert isinstance(decision, Allowed)
    assert decision.grant == "by-b"


@pytest.mark.parametrize(
    ("head", "below", "told"),
    [
        ({"sub_delegation": 0}, {}, "to-b permits 0 further grants below it, not 1"),
        ({"revoked_at": AT}, {}, "to-b was revoked"),
        ({"valid_until": date(2026, 11, 21)}, {}, "to-b was valid until"),
        ({"document_types": ("b",)}, {}, "to-b is not for the document type"),
        ({"seals": ("b",)}, {}, "to-b does not name the seal a"),
        ({"amount": Amount(attribute="amount", maximum=99)}, {}, "to-b is up to 99"),
        ({"grantee": "c"}, {}, "by-b is not by the grantee of to-b"),
        ({"grantee_kind": "system"}, {}, "by-b is not by the grantee of to-b"),
        ({}, {"grantor": "a"}, "by-b is not by the grantee of to-b"),
        ({"grantor": "c"}, {}, "to-b is by c, but the seal belongs to a"),
    ],
)
def test_what_is_handed_on_is_never_more_than_what_was_given(
    head: dict[str, Any], below: dict[str, Any], told: str
) -> None:
    grants = msgspec.structs.replace(HEAD, **head), msgspec.structs.replace(BELOW, **below)
    assert told in why(group(*grants))


names = st.sampled_from(("g0", "g1", "g2"))
drawn_grants = st.lists(
    st.builds(
        changed,
        grantor=st.sampled_from(("a", "a", "b")),
        grantee_kind=st.sampled_from(("company", "company", "system")),
        grantee=st.sampled_from(("a", "b", "tms")),
        amount=st.sampled_from((None, None, Amount(attribute="amount", maximum=99))),
        valid_until=st.sampled_from((date(2026, 11, 21), date(2028, 1, 1), date(2028, 1, 1))),
        sub_delegation=st.integers(0, 2),
        under=st.none() | names,
    ),
    max_size=3,
).map(
    lambda found: [
        msgspec.structs.replace(grant, name=f"g{number}") for number, grant in enumerate(found)
    ]
)


@given(drawn_grants)
def test_chains_hold_exactly_where_every_link_does(found: list[SealGrant]) -> None:
    bundle = group(*found)
    live = Grants(bundle).live(ASKED, at=AT)
    assert isinstance(live, Reason) != oracle.is_granted(bundle, ASKED, AT)
