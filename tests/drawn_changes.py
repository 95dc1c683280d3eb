"""Small bundles, requests and documents that Hypothesis draws, for what is true of all of them."""

from dataclasses import replace
from types import MappingProxyType
from typing import Any

import msgspec
from hypothesis import strategies as st

from policies.bundle import Bundle
from policies.model import DocumentFacts, SealRequest, Stage
from policies.objects.documents import Attribute, DocumentType
from policies.objects.people import Post
from policies.objects.rules import Approvals, ForbidRule, Limits, PermitRule, SealPolicy
from policies.objects.seals import Seal
from policies.objects.systems import System

NAMES = ("a", "b")
ATTRIBUTES: tuple[dict[str, str | int | bool], ...] = ({}, {"amount": 1})
CONDITIONS = (
    None,
    "false",
    "1 < 2",
    "doc.pages > 0",
    "doc.pages > 1",
    "doc.pages <= 1",
    "doc.pages > 1 && doc.pages < 2",
    "doc.pages > 0 && doc.signatures == 0",
    "doc.signatures == 0",
    "10 / doc.pages > 0",
    'seal.company == "a" || doc.pages > 1',
    'caller.company == "a"',
    "used.seal_day > 1",
    "used.seal_day > 0 && doc.pages > 0",
    "doc.amounts.exists(amount, amount > 1)",
)

_some_names = st.frozensets(st.sampled_from(NAMES))
# Most rules have no condition, or hardly anything would be allowed.
_conditions = st.sampled_from((None, None, *CONDITIONS))
_approvals = st.none() | st.just(Approvals(stages=(Stage(count=1, roles=frozenset("a")),)))
_named = st.frozensets(st.sampled_from(NAMES), min_size=1)
# Mostly one word on whom a rule is for: what all of several words fit hardly ever asks.
_for_whom = st.one_of(
    *(st.fixed_dictionaries({word: _named}) for word in ("systems", "roles", "companies", "posts")),
    st.fixed_dictionaries({"roles": _named, "posts": _named}),
)


@st.composite
def _permits(draw: st.DrawFn) -> PermitRule:
    return PermitRule(
        id="",
        when=draw(_conditions),
        limits=Limits(per_day=draw(st.sampled_from((None, 5)))),
        approvals=draw(_approvals),
        **draw(_for_whom),
    )


# For a whole company, or for every system, and asking nothing more: what is noted as open.
_open_permits = st.sampled_from(
    (
        *(PermitRule(id="", companies=frozenset({name})) for name in NAMES),
        PermitRule(id="", systems=frozenset(NAMES)),
    )
)
_any_permits = st.one_of(_permits(), _permits(), _permits(), _open_permits)


@st.composite
def _forbids(draw: st.DrawFn) -> ForbidRule:
    whom = draw(st.just({}) | st.fixed_dictionaries({"systems": _named}))
    return ForbidRule(id="", when=draw(_conditions), **whom)


def _numbered(rules: list[Any], letter: str) -> tuple[Any, ...]:
    return tuple(
        msgspec.structs.replace(rule, id=f"{letter}{number}") for number, rule in enumerate(rules)
    )


@st.composite
def drawn_policies(draw: st.DrawFn) -> SealPolicy:
    at_least = draw(st.sampled_from((1, 1, 0)))
    permit = _numbered(draw(st.lists(_any_permits, min_size=at_least, max_size=3)), "p")
    forbid = _numbered(draw(st.lists(_forbids(), max_size=1)), "f")
    everything = st.just(("*",)) if not permit else st.nothing()
    named = st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple)
    return SealPolicy(
        name="",
        seals=draw(everything | named),
        document_types=draw(everything | named),
        time_zone=draw(st.sampled_from(("Asia/Shanghai", "Asia/Shanghai", "Asia/Tokyo"))),
        permit=permit,
        forbid=forbid,
    )


_states = st.sampled_from(("active", "active", "active", "frozen", "retired"))
_companies = st.sampled_from(NAMES)


@st.composite
def drawn_bundles(draw: st.DrawFn) -> Bundle:
    """Two seals, two document types, systems and posts `a` and `b`, three policies at most."""
    seals = {
        name: Seal(
            name=name,
            company=draw(_companies),
            type="章",
            state=draw(_states),
            key=name,
            certificate="c.pem",
        )
        for name in NAMES
    }
    policies = {
        f"policy{number}": msgspec.structs.replace(policy, name=f"policy{number}")
        for number, policy in enumerate(draw(st.lists(drawn_policies(), min_size=1, max_size=3)))
    }
    amount = Attribute(type="integer", required=draw(st.booleans()))
    return Bundle(
        companies={},
        roles={},
        systems={
            name: System(name=name, company=draw(_companies), roles=draw(_some_names))
            for name in NAMES
        },
        posts={
            name: Post(name=name, company=draw(_companies), title="岗", roles=draw(_some_names))
            for name in NAMES
        },
        document_types={
            "a": DocumentType(name="a"),
            "b": DocumentType(name="b", attributes={"amount": amount}),
        },
        seals=MappingProxyType(seals),
        policies=MappingProxyType(policies),
        digest="sha256:0",
    )


@st.composite
def changed(draw: st.DrawFn, bundle: Bundle) -> Bundle:
    """The bundle with one part of another one in it, as after an officer's change."""
    other = draw(drawn_bundles())
    shelf = draw(st.sampled_from(("policies", "seals", "systems", "posts", "document_types")))
    every = sorted({*getattr(bundle, shelf), *getattr(other, shelf)})
    names = draw(st.sets(st.sampled_from(every), min_size=1))
    kept = {name: each for name, each in getattr(bundle, shelf).items() if name not in names}
    taken = {name: each for name, each in getattr(other, shelf).items() if name in names}
    return replace(bundle, **{shelf: MappingProxyType({**kept, **taken})})


drawn_facts = st.builds(
    DocumentFacts,
    pages=st.integers(0, 2),
    size_bytes=st.just(1),
    revisions=st.just(1),
    signatures=st.integers(0, 1),
    pdf_version=st.just("1.7"),
)


def drawn_requests(callers: Any) -> st.SearchStrategy[SealRequest]:  # noqa: ANN401 - a strategy
    """Requests of these callers."""
    return st.builds(
        SealRequest,
        caller=callers,
        seal=st.sampled_from((*NAMES, "unknown")),
        document_type=st.sampled_from(NAMES),
        business_number=st.just("HD-1"),
        attributes=st.sampled_from(ATTRIBUTES),
    )
