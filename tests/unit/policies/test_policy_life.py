"""What may follow a bundle that is in force: a seal's life, and grants that never grow."""

from datetime import UTC, date, datetime, timedelta
from itertools import product
from typing import get_args

import msgspec
import pytest

from policies.bundle import Bundle
from policies.life import transition_mistakes
from policies.loader import load_bundle
from policies.objects.group import Governance, RetiredNames, Signatures
from policies.objects.seals import Amount, Seal, SealGrant, SealState
from tests.unit.policies.group_world import SOURCES

STATES: tuple[SealState, ...] = get_args(SealState)
STEPS = {("draft", "active"), ("active", "frozen"), ("frozen", "active"), ("frozen", "retired")}
REVOKED = datetime(2026, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 7, 1, tzinfo=UTC)

SEAL = Seal(name="s", company="east", type="公章", state="active", key="k", certificate="c.pem")
GRANT = SealGrant(
    name="g",
    grantor="east",
    grantee_kind="system",
    grantee="tms",
    seals=("a", "b"),
    document_types=("receipt", "bill"),
    amount=Amount(attribute="amount_cents", maximum=100),
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
    sub_delegation=1,
    document="g.pdf",
    document_digest="ab" * 32,
)


def following(old: Bundle, new: Bundle, *, at: datetime = NOW) -> tuple[str, ...]:
    return transition_mistakes(old, new, at=at)


def bundle_of(*objects: Seal | SealGrant, retired: RetiredNames | None = None) -> Bundle:
    governance = Governance(
        name="group",
        root="group",
        officers=(),
        signatures=Signatures(bundle=1),
        retired_names=retired or RetiredNames(),
    )
    return Bundle(
        governance=governance,
        companies={},
        roles={},
        systems={},
        document_types={},
        policies={},
        digest="",
        seals={each.name: each for each in objects if isinstance(each, Seal)},
        grants={each.name: each for each in objects if isinstance(each, SealGrant)},
    )


def mistakes(old: Seal | SealGrant, **changes: object) -> tuple[str, ...]:
    new = msgspec.structs.replace(old, **changes)
    return following(bundle_of(old), bundle_of(new))


@pytest.mark.parametrize(("before", "after"), list(product(STATES, STATES)))
def test_a_seal_goes_from_draft_over_active_and_frozen_to_retired(
    before: SealState, after: SealState
) -> None:
    seal = msgspec.structs.replace(SEAL, state=before)
    told = mistakes(seal, state=after)
    if before == after or (before, after) in STEPS:
        assert told == ()
    else:
        (mistake,) = told
        assert mistake.startswith(f"the seal s cannot become {after}: it is {before}")


@pytest.mark.parametrize("state", STATES)
def test_only_what_was_never_used_or_is_used_no_more_is_removed(state: SealState) -> None:
    gone = bundle_of(retired=RetiredNames(seals=("s",)))
    told = following(bundle_of(msgspec.structs.replace(SEAL, state=state)), gone)
    assert bool(told) == (state in {"active", "frozen"})
    assert all("freeze and retire it first" in each for each in told)


def test_a_retired_seal_that_is_removed_leaves_its_name_behind() -> None:
    retired = bundle_of(msgspec.structs.replace(SEAL, state="retired"))
    (told,) = following(retired, bundle_of())
    assert "write it into retiredNames.seals" in told
    gone = bundle_of(retired=RetiredNames(seals=("s",)))
    assert following(retired, gone) == ()
    (told,) = following(gone, bundle_of(SEAL))
    assert "no more among the retiredNames" in told
    (told,) = following(gone, bundle_of(SEAL, retired=RetiredNames(seals=("s",))))
    assert "give the new one another name" in told


def test_a_new_seal_may_begin_anywhere() -> None:
    for state in STATES:
        new = msgspec.structs.replace(SEAL, state=state)
        assert following(bundle_of(), bundle_of(new)) == ()


def test_a_seal_gets_a_new_certificate_and_never_another_company() -> None:
    assert mistakes(SEAL, certificate="d.pem", key="k2") == ()
    (mistake,) = mistakes(SEAL, company="south")
    assert "has the company south, and had east" in mistake
    assert mistakes(msgspec.structs.replace(SEAL, state="draft"), company="south") == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"seals": ("a",)},
        {"document_types": ("bill",)},
        {"amount": Amount(attribute="amount_cents", maximum=99)},
        {"valid_until": date(2026, 11, 30)},
        {"valid_from": date(2026, 2, 1)},
        {"sub_delegation": 0},
        {"revoked_at": REVOKED, "revoked_reason": "too late"},
    ],
)
def test_a_grant_may_be_narrowed_and_revoked(changes: dict[str, object]) -> None:
    assert mistakes(GRANT, **changes) == ()


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"grantor": "south"}, "is from south to tms, and was from east to tms"),
        ({"grantee": "erp"}, "is from east to erp"),
        ({"grantee_kind": "post"}, "is from east to tms"),
        ({"seals": ("a", "c")}, "has further seals: c"),
        ({"document_types": ("receipt", "order")}, "has further document types: order"),
        ({"amount": None}, "goes up to a larger amount"),
        ({"amount": Amount(attribute="amount_cents", maximum=101)}, "goes up to a larger amount"),
        ({"amount": Amount(attribute="weight", maximum=1)}, "goes up to a larger amount"),
        ({"valid_until": date(2027, 1, 1)}, "is valid from 2026-01-01 until 2027-01-01"),
        ({"valid_from": date(2025, 12, 31)}, "is valid from 2025-12-31"),
        ({"sub_delegation": 2}, "may be handed on 2 times, and was 1"),
        ({"under": "h"}, "hangs below h, and hung below nothing"),
        ({"document_digest": "cd" * 32}, "names another document"),
    ],
)
def test_a_grant_in_force_never_grows(changes: dict[str, object], told: str) -> None:
    (mistake,) = mistakes(GRANT, **changes)
    assert mistake.startswith(f"the grant g {told}")
    assert "only narrowed or revoked" in mistake


def test_a_revocation_stays() -> None:
    revoked = msgspec.structs.replace(GRANT, revoked_at=REVOKED)
    assert mistakes(revoked, revoked_at=None)
    assert mistakes(revoked, revoked_at=REVOKED + timedelta(seconds=1))
    assert mistakes(revoked, revoked_at=REVOKED - timedelta(seconds=1)) == ()


def test_a_grant_may_go_when_it_has_ended() -> None:
    last = datetime(2026, 12, 31, 15, 59, tzinfo=UTC)  # a minute before midnight in Shanghai
    (told,) = following(bundle_of(GRANT), bundle_of(), at=last)
    assert "could come back wider" in told
    assert following(bundle_of(GRANT), bundle_of(), at=last + timedelta(minutes=1)) == ()


def test_a_grant_that_goes_sooner_leaves_its_name_behind() -> None:
    revoked = msgspec.structs.replace(GRANT, revoked_at=REVOKED)
    gone = bundle_of(retired=RetiredNames(grants=("g",)))
    assert following(bundle_of(revoked), gone) == ()
    (told,) = following(gone, bundle_of(GRANT))
    assert "no more among the retiredNames of grants" in told
    (told,) = following(gone, bundle_of(GRANT, retired=RetiredNames(grants=("g",))))
    assert "give the new one another name" in told


def test_a_bundle_follows_itself() -> None:
    bundle = load_bundle(SOURCES)
    assert following(bundle, bundle) == ()
