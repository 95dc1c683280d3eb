"""What is noticed in policies that load: each kind of note, beside a rule that it is not for."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime

import msgspec
import pytest

from policies.bundle import Bundle
from policies.foresight.analysis import notes
from policies.model import Stage
from policies.objects.documents import DocumentType
from policies.objects.group import Governance, Signatures
from policies.objects.named import ManagedBy
from policies.objects.people import Holding, Person, Post
from policies.objects.rules import Approvals, ForbidRule, Limits, PermitRule, SealPolicy, SealScope
from policies.objects.seals import Seal, SealGrant
from policies.objects.systems import System

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
TMS = frozenset({"tms"})
BY_TWO = Approvals(stages=(Stage(count=2, roles=frozenset({"head"})),))
ORDINARY = PermitRule(id="a", systems=TMS, when="doc.pages <= 3")


def bundle_of(
    *permit: PermitRule,
    forbid: tuple[ForbidRule, ...] = (),
    systems: Mapping[str, str] = {"tms": "east", "wms": "south"},
    seal: Seal | None = None,
    posts: tuple[Post, ...] = (),
    persons: tuple[Person, ...] = (),
    grants: tuple[SealGrant, ...] = (),
) -> Bundle:
    """One seal, one document type, and a policy for both."""
    found = seal or Seal(
        name="round", company="east", type="公章", state="active", key="k", certificate="c.pem"
    )
    policy = SealPolicy(
        name="p",
        seals=(found.name,),
        document_types=("receipt",),
        time_zone="Asia/Shanghai",
        permit=permit,
        forbid=forbid,
    )
    return Bundle(
        companies={},
        roles={},
        systems={name: System(name=name, company=where) for name, where in systems.items()},
        document_types={"receipt": DocumentType(name="receipt")},
        seals={found.name: found},
        policies={"p": policy},
        digest="sha256:0",
        posts={post.name: post for post in posts},
        persons={person.name: person for person in persons},
        grants={grant.name: grant for grant in grants},
    )


def told(bundle: Bundle, *, about: str = "SealPolicy") -> list[tuple[str, str]]:
    """The place and the code of each note on policies."""
    return [
        ("/".join(map(str, note.path[1:])), note.code)
        for note in notes(bundle, at=AT)
        if note.kind == about
    ]


def test_nothing_is_said_against_an_ordinary_policy() -> None:
    forbid = ForbidRule(id="f", when="doc.signatures > 0")
    assert notes(bundle_of(ORDINARY, forbid=(forbid,)), at=AT) == ()


@pytest.mark.parametrize(
    ("managed_by", "when", "codes"),
    [
        ("self", "has(doc.attributes.amount) && doc.attributes.amount > 1", ["forbid-steps-aside"]),
        ("group", "has(doc.attributes.amount) && doc.attributes.amount > 1", []),
        ("self", "doc.attributes.amount > 1", []),
    ],
)
def test_a_forbid_of_the_group_that_steps_aside_for_a_companys_own_document_type(
    managed_by: ManagedBy, when: str, codes: list[str]
) -> None:
    bundle = bundle_of(ORDINARY)
    every = SealPolicy(
        name="every",
        seals=("*",),
        document_types=("*",),
        time_zone="Asia/Shanghai",
        forbid=(ForbidRule(id="too-much", when=when),),
    )
    own = DocumentType(name="receipt", managed_by=managed_by)
    bundle = replace(
        bundle, document_types={"receipt": own}, policies={**bundle.policies, "every": every}
    )
    found = [note for note in notes(bundle, at=AT) if note.code == "forbid-steps-aside"]
    assert [note.code for note in found] == codes
    assert all(note.path == ("spec", "forbid", 0, "when") for note in found)


@pytest.mark.parametrize(
    "condition",
    [
        "false",
        "doc.pages <= 3 && 2 < 1",
        "doc.pages > 5 && doc.pages <= 5",
        "doc.pages > 4 && doc.pages < 5",
        "3 >= doc.pages && doc.attributes.amount == 7 && 4 <= doc.pages",
        'doc.type == "a" && !(doc.type == "a")',
    ],
)
def test_a_condition_that_is_never_true(condition: str) -> None:
    rule = PermitRule(id="b", systems=TMS, when=condition)
    assert told(bundle_of(ORDINARY, rule)) == [("permit/1/when", "never-true")]


@pytest.mark.parametrize(
    "condition",
    [
        "doc.pages > 5 || doc.pages <= 5",
        "doc.pages >= 5 && doc.pages <= 5",
        "doc.pages > 4 && doc.pages < 6",
        "1 / 0 == 1",
    ],
)
def test_a_condition_of_which_that_is_not_certain(condition: str) -> None:
    rule = PermitRule(id="b", systems=TMS, when=condition)
    assert told(bundle_of(ORDINARY, rule)) == []


def test_a_condition_that_is_always_true_need_not_be_there() -> None:
    rule = PermitRule(id="b", systems=frozenset({"wms"}), when="1 < 2", limits=Limits(per_day=5))
    assert told(bundle_of(ORDINARY, rule)) == [("permit/1/when", "always-true")]


def test_a_rule_for_a_role_that_nobody_has() -> None:
    rule = PermitRule(id="b", roles=frozenset({"billing"}))
    assert told(bundle_of(ORDINARY, rule)) == [("permit/1", "for-nobody")]
    desk = Post(name="desk", company="east", title="岗", roles=frozenset({"billing"}))
    assert told(bundle_of(ORDINARY, rule, posts=(desk,))) == []


def test_what_only_two_posts_of_one_person_give_together_is_for_somebody() -> None:
    desk = Post(name="desk", company="east", title="岗")
    head = Post(name="head", company="east", title="岗", roles=frozenset({"head"}))
    rule = PermitRule(id="b", roles=frozenset({"head"}), posts=frozenset({"desk"}))
    assert told(bundle_of(ORDINARY, rule, posts=(desk, head))) == [("permit/1", "for-nobody")]
    held = tuple(Holding(post=post, from_day=date(2026, 1, 1)) for post in ("desk", "head"))
    li = Person(name="li", title="李", company="east", posts=held)
    assert told(bundle_of(ORDINARY, rule, posts=(desk, head), persons=(li,))) == []
    left = msgspec.structs.replace(
        li, posts=(held[0], msgspec.structs.replace(held[1], until_day=date(2026, 11, 22)))
    )
    assert told(bundle_of(ORDINARY, rule, posts=(desk, head), persons=(left,))) == [
        ("permit/1", "for-nobody")
    ]


@pytest.mark.parametrize(
    "forbid",
    [
        ForbidRule(id="f"),
        ForbidRule(id="f", companies=frozenset({"east"})),
        ForbidRule(id="f", when="doc.pages <= 3"),
        ForbidRule(id="f", when="doc.pages < 10 && doc.pages <= 3"),
    ],
)
def test_a_permit_that_is_forbidden_whenever_it_applies(forbid: ForbidRule) -> None:
    found = notes(bundle_of(ORDINARY, forbid=(forbid,)), at=AT)
    assert [(note.code, note.name) for note in found] == [
        ("seal-for-nobody", "round"),
        ("always-forbidden", "p"),
    ]
    assert "p/f forbids it" in found[1].message


@pytest.mark.parametrize("condition", ["doc.pages <= 2", "doc.pages <= 3 && doc.signatures > 0"])
def test_a_permit_that_a_forbid_leaves_something_of(condition: str) -> None:
    assert told(bundle_of(ORDINARY, forbid=(ForbidRule(id="f", when=condition),))) == []


def test_a_forbid_that_takes_some_callers_away_is_a_note_and_no_warning() -> None:
    both = PermitRule(id="a", systems=frozenset({"tms", "wms"}), when="doc.pages <= 3")
    forbid = ForbidRule(id="f", systems=frozenset({"wms"}))
    (note,) = notes(bundle_of(both, forbid=(forbid,)), at=AT)
    assert (note.level, note.code) == ("note", "partly-forbidden")
    assert "on round: p/f for wms" in note.message


def test_a_permit_before_which_another_always_decides() -> None:
    """Approvals that are never asked, as the same is permitted without."""
    asking = PermitRule(id="0", systems=TMS, when="doc.pages <= 2", approvals=BY_TWO)
    (note,) = notes(bundle_of(asking, ORDINARY), at=AT)
    assert (note.code, note.path) == ("never-chosen", ("spec", "permit", 0))
    assert "p/a does, and comes first" in note.message
    wider = msgspec.structs.replace(asking, when="doc.pages <= 4")
    assert told(bundle_of(wider, ORDINARY)) == []


def test_twins_with_different_limits() -> None:
    twin = msgspec.structs.replace(ORDINARY, id="b", limits=Limits(per_day=1))
    assert told(bundle_of(ORDINARY, twin)) == [("permit/1", "never-chosen")]


def test_a_seal_that_no_permit_speaks_of() -> None:
    (note,) = notes(bundle_of(), at=AT)
    assert (note.code, note.level) == ("seal-for-nobody", "warning")


@pytest.mark.parametrize("state", ["draft", "frozen", "retired"])
def test_a_seal_that_is_not_active_is_only_noted(state: str) -> None:
    seal = Seal(
        name="round", company="east", type="公章", state=state, key="k", certificate="c.pem"
    )
    (note,) = notes(bundle_of(ORDINARY, seal=seal), at=AT)
    assert (note.code, note.level) == ("seal-not-active", "note")
    assert notes(bundle_of(seal=seal), at=AT) == ()


@pytest.mark.parametrize(
    ("rule", "open_to_anybody"),
    [
        (PermitRule(id="a", companies=frozenset({"east"})), True),
        (PermitRule(id="a", companies=frozenset({"east"}), when="true || false"), True),
        (PermitRule(id="a", systems=frozenset({"tms", "wms"})), True),
        (PermitRule(id="a", systems=TMS), False),
        (PermitRule(id="a", companies=frozenset({"east"}), when="doc.pages < 9"), False),
        (PermitRule(id="a", companies=frozenset({"east"}), limits=Limits(per_month=9)), False),
        (PermitRule(id="a", companies=frozenset({"east"}), approvals=BY_TWO), False),
    ],
)
def test_a_seal_that_anybody_can_use(rule: PermitRule, *, open_to_anybody: bool) -> None:
    assert told(bundle_of(rule), about="Seal") == (
        [("name", "seal-for-anybody")] if open_to_anybody else []
    )


def grant(until: date, revoked_at: datetime | None = None) -> SealGrant:
    return SealGrant(
        name="g",
        grantor="east",
        grantee_kind="system",
        grantee="tms",
        seals=("round",),
        document_types=("receipt",),
        valid_from=date(2026, 1, 1),
        valid_until=until,
        revoked_at=revoked_at,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (grant(date(2026, 11, 21)), [("validUntil", "grant-void")]),
        (grant(date(2026, 11, 22)), [("validUntil", "grant-ends-soon")]),
        (grant(date(2026, 12, 21)), [("validUntil", "grant-ends-soon")]),
        (grant(date(2026, 12, 22)), []),
        (grant(date(2027, 12, 22), revoked_at=AT), [("revoked", "grant-void")]),
    ],
)
def test_grants_that_have_ended_or_will_soon(
    given: SealGrant, expected: list[tuple[str, str]]
) -> None:
    assert told(bundle_of(ORDINARY, grants=(given,)), about="SealGrant") == expected


def test_a_permit_whose_policy_covers_no_seal() -> None:
    bundle = bundle_of(ORDINARY)
    nothing = msgspec.structs.replace(
        bundle.policies["p"], name="q", seals=SealScope(types=frozenset({"合同专用章"}))
    )
    found = notes(replace(bundle, policies={**bundle.policies, "q": nothing}), at=AT)
    assert [(note.code, note.name) for note in found] == [("on-nothing", "q")]


@pytest.mark.parametrize(("zone", "codes"), [("Asia/Shanghai", 2), ("Asia/Tokyo", 0)])
def test_the_same_counter_in_another_calendar_is_another_number(zone: str, codes: int) -> None:
    bundle = bundle_of(msgspec.structs.replace(ORDINARY, when="used.seal_day > 5"))
    forbid = SealPolicy(
        name="q",
        seals=("*",),
        document_types=("*",),
        time_zone=zone,
        forbid=(ForbidRule(id="f", when="used.seal_day > 5"),),
    )
    found = notes(replace(bundle, policies={**bundle.policies, "q": forbid}), at=AT)
    assert len(found) == codes


def test_approvals_are_asked_where_a_system_may_have_no_grant() -> None:
    """What is permitted without approvals may need a grant; then the rule that asks decides."""
    asking = msgspec.structs.replace(ORDINARY, id="0", approvals=BY_TWO)
    bundle = bundle_of(asking, ORDINARY)
    assert told(bundle) == [("permit/0", "never-chosen")]
    governance = Governance(name="group", root="east", officers=(), signatures=Signatures(bundle=2))
    assert told(replace(bundle, governance=governance)) == []
