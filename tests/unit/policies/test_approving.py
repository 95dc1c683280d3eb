"""Whose word counts for an approval, for which stage, and for how long."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.deciding.approving import standing
from policies.model import Caller, GivenApproval, SealRequest, Stage
from policies.objects.rules import Approvals
from tests import oracle
from tests.drawn_policies import stages

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
BY_TMS = SealRequest(
    caller=Caller(system="tms", company="east"),
    seal="contract",
    document_type="contract",
    business_number="HT-1",
)


def by(
    subject: str, roles: str, *, minutes_ago: float = 10, expires_in: float = 600
) -> GivenApproval:
    return GivenApproval(
        id=f"by-{subject}",
        subject=subject,
        roles=frozenset(roles.split()),
        given_at=AT - timedelta(minutes=minutes_ago),
        expires_at=AT + timedelta(minutes=expires_in),
    )


def needs(*wanted: tuple[int, str], in_order: bool = False, hours: int = 48) -> Approvals:
    return Approvals(
        stages=tuple(Stage(count=count, roles=frozenset(roles.split())) for count, roles in wanted),
        in_order=in_order,
        expires_seconds=hours * 3600,
    )


def missing(
    approvals: Approvals, *given_ones: GivenApproval, request: SealRequest = BY_TMS
) -> list[tuple[int, str]]:
    found = standing(approvals, given_ones, request=request, at=AT).outstanding
    return [(stage.count, " ".join(sorted(stage.roles))) for stage in found]


def test_two_of_a_role_are_two_people_with_it() -> None:
    two = needs((2, "legal"))
    assert missing(two) == [(2, "legal")]
    assert missing(two, by("li", "legal"), by("wang", "sales")) == [(1, "legal")]
    assert missing(two, by("li", "legal"), by("zhao", "legal head")) == []


def test_nobody_counts_twice() -> None:
    twice = msgspec.structs.replace(by("li", "legal", minutes_ago=5), id="again")
    assert missing(needs((2, "legal")), by("li", "legal"), twice) == [(1, "legal")]
    assert missing(needs((1, "head"), (1, "legal")), by("li", "head legal")) == [(1, "legal")]


def test_whoever_holds_both_roles_counts_where_it_helps_the_most() -> None:
    both = needs((1, "head"), (1, "legal"))
    assert missing(both, by("li", "head legal"), by("wang", "head")) == []
    assert missing(both, by("wang", "head"), by("li", "head legal")) == []
    three = needs((1, "head"), (1, "legal"), (1, "finance"))
    assert missing(three, by("a", "head legal"), by("b", "head finance"), by("c", "head")) == []


def test_who_asked_never_counts_whether_in_person_or_by_a_system() -> None:
    one = needs((1, "legal"))
    person = Caller(system="person:li", person="li", company="east", posts=frozenset())
    assert missing(one, by("li", "legal")) == []
    in_person = msgspec.structs.replace(BY_TMS, caller=person)
    by_a_system = msgspec.structs.replace(BY_TMS, requested_by="li")
    for request in (in_person, by_a_system):
        assert missing(one, by("li", "legal"), request=request) == [(1, "legal")]
        assert missing(one, by("wang", "legal"), request=request) == []


def test_in_order_a_stage_begins_when_the_one_before_is_complete() -> None:
    first_head = needs((1, "head"), (1, "legal"), in_order=True)
    head, legal = by("li", "head", minutes_ago=20), by("wang", "legal", minutes_ago=10)
    assert missing(first_head, head, legal) == missing(first_head, legal, head) == []
    too_early = by("wang", "legal", minutes_ago=30)
    assert missing(first_head, head, too_early) == [(1, "legal")]
    assert missing(msgspec.structs.replace(first_head, in_order=False), head, too_early) == []
    assert missing(first_head, legal) == [(1, "head"), (1, "legal")]


@pytest.mark.parametrize(
    "stale",
    [
        pytest.param(by("li", "legal", expires_in=0), id="expired this moment"),
        pytest.param(by("li", "legal", minutes_ago=60), id="older than the rule allows"),
        pytest.param(by("li", "legal", minutes_ago=-1), id="given in the future"),
    ],
)
def test_an_approval_counts_from_when_it_is_given_until_it_expires(stale: GivenApproval) -> None:
    one = needs((1, "legal"), hours=1)
    assert missing(one, stale) == [(1, "legal")]
    assert missing(one, by("li", "legal", minutes_ago=59, expires_in=1)) == []


def test_the_ids_of_what_counts_are_told_in_the_order_in_which_it_was_given() -> None:
    given_ones = [by("li", "head"), by("wang", "legal", minutes_ago=20), by("zhao", "sales")]
    found = standing(needs((1, "head"), (2, "legal")), given_ones, request=BY_TMS, at=AT)
    assert found.counted == ("by-wang", "by-li")
    assert found.outstanding == (Stage(count=1, roles=frozenset({"legal"})),)


@st.composite
def statements(draw: st.DrawFn) -> list[GivenApproval]:
    people = draw(st.lists(st.sampled_from("uvwxyz"), unique=True, max_size=6))
    return [
        by(
            person,
            draw(st.sampled_from(("", "a", "b", "a b"))),
            minutes_ago=draw(st.sampled_from((-1, 0, 1, 2, 3, 90))),
            expires_in=draw(st.sampled_from((0, 5, 5, 5))),
        )
        for person in people
    ]


wanted = st.builds(Approvals, stages=stages, in_order=st.booleans(), expires_seconds=st.just(3600))


@given(wanted, statements())
def test_it_is_approved_exactly_if_the_approvals_can_be_dealt_out(
    approvals: Approvals, given_ones: list[GivenApproval]
) -> None:
    found = standing(approvals, given_ones, request=BY_TMS, at=AT)
    assert (not found.outstanding) == oracle.is_approved(approvals, given_ones, BY_TMS, AT)
    assert sum(stage.count for stage in approvals.stages) == len(found.counted) + sum(
        stage.count for stage in found.outstanding
    )


@given(wanted, statements())
def test_fewer_approvals_never_leave_less_to_approve(
    approvals: Approvals, given_ones: list[GivenApproval]
) -> None:
    counted = len(standing(approvals, given_ones, request=BY_TMS, at=AT).counted)
    for gone in range(len(given_ones)):
        fewer = given_ones[:gone] + given_ones[gone + 1 :]
        assert len(standing(approvals, fewer, request=BY_TMS, at=AT).counted) <= counted
