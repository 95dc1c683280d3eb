"""Strategies for small groups with policies, requests, documents and what is known of them.

Names are few, so that rules, seals and callers meet. Bundles are of the shape that the loader lets
through: a policy with permits names its document types, and its seals by name or by scope.
"""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType

import msgspec
from hypothesis import strategies as st

from policies.bundle import Bundle
from policies.model import (
    BesideKeyword,
    Caller,
    ContentFacts,
    DocumentFacts,
    GivenApproval,
    Known,
    SealRequest,
    Stage,
)
from policies.objects.documents import Attribute, DocumentType
from policies.objects.group import Company, Governance, Signatures
from policies.objects.rules import Approvals, ForbidRule, Limits, PermitRule, SealPolicy, SealScope
from policies.objects.seals import Amount, Seal, SealGrant

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)
NAMES = ("a", "b")
PEOPLE = ("li", "wang", "zhao")
TOKYO = "Asia/Tokyo"

CONDITIONS = (
    None,
    "doc.pages > 0",
    "doc.pages > 1",
    "false",
    "10 / doc.pages > 0",
    "doc.pages > 0 && 10 / doc.pages == 10",
    "doc.pages > 1 // a condition may end with a comment",
    'seal.type == "a" || seal.line == "b"',
    "used.seal_day > 1",
    "used.line_hour > 1",
    '"a" in caller.posts || caller.person == "li"',
    "doc.amounts.exists(amount, amount > 1)",
    'doc.template == "t@1"',
    "seal.certificate_days < 5",
    "doc.attributes.amount > 1",
    "has(doc.attributes.amount) && doc.attributes.amount > 1",
)

# More often than not a rule says nothing, or names what most requests are about: a draw in which
# nothing meets shows nothing.
few_names = st.sampled_from(
    (frozenset[str](), frozenset[str](), frozenset({"a"}), frozenset({"a", "b"}), frozenset({"b"}))
)
one_of_few = st.sampled_from(("a", "a", "a", "b"))
conditions = st.just(None) | st.sampled_from(CONDITIONS)
stages = st.lists(
    st.builds(
        Stage,
        count=st.integers(1, 2),
        roles=st.frozensets(st.sampled_from(NAMES), min_size=1),
    ),
    min_size=1,
    max_size=2,
).map(tuple)
approvals = st.none() | st.builds(
    Approvals, stages=stages, in_order=st.booleans(), expires_seconds=st.sampled_from((60, 7200))
)
somebody = st.sampled_from((frozenset({"a"}), frozenset({"a", "b"})))
whom = st.one_of(
    *(
        st.fixed_dictionaries({kind: somebody})
        for kind in ("systems", "companies", "roles", "posts")
    ),
    st.fixed_dictionaries(
        {"systems": few_names, "companies": somebody, "roles": few_names, "posts": few_names}
    ),
)
permits = st.builds(
    lambda whom, **rule: PermitRule(id="", **whom, **rule),
    whom,
    when=conditions,
    limits=st.builds(Limits, per_day=st.none() | st.just(5)),
    placement=st.none() | st.builds(BesideKeyword, keyword=st.sampled_from(NAMES)),
    approvals=approvals,
)
forbids = st.builds(
    ForbidRule,
    id=st.just(""),
    systems=few_names,
    roles=few_names,
    companies=few_names,
    when=st.sampled_from(CONDITIONS[1:]) | conditions,
)
some_permits = st.lists(permits, min_size=1, max_size=4)
scopes = st.one_of(
    st.builds(SealScope, types=somebody),
    st.builds(SealScope, companies=somebody, below=st.booleans()),
    st.builds(SealScope, lines=few_names),
    st.builds(
        SealScope, types=few_names, companies=few_names, below=st.booleans(), lines=few_names
    ),
)


@st.composite
def policies(draw: st.DrawFn, *, may_permit: bool = True) -> SealPolicy:
    """A policy without a name."""
    permit = tuple(
        msgspec.structs.replace(rule, id=f"p{number}")
        for number, rule in enumerate(
            draw(some_permits)
            if may_permit and draw(st.sampled_from((True, True, True, False)))
            else ()
        )
    )
    forbid = tuple(
        msgspec.structs.replace(rule, id=f"f{number}")
        for number, rule in enumerate(draw(st.lists(forbids, max_size=2)))
    )
    everything = st.just(("*",)) if not permit else st.nothing()
    named = st.sampled_from((NAMES, NAMES, ("a",), ("b",)))
    return SealPolicy(
        name="",
        seals=draw(everything | named | scopes),
        document_types=draw(everything | named),
        time_zone=draw(st.sampled_from(("Asia/Shanghai", TOKYO))),
        permit=permit,
        forbid=forbid,
    )


def named(found: Iterable[SealPolicy], word: str = "policy") -> list[SealPolicy]:
    """The policies with names of their own."""
    return [msgspec.structs.replace(each, name=f"{word}{n}") for n, each in enumerate(found)]


grants = st.builds(
    SealGrant,
    name=st.just(""),
    grantor=one_of_few,
    grantee_kind=st.sampled_from(("company", "system")),
    grantee=one_of_few,
    seals=st.just(NAMES),
    document_types=st.just(NAMES),
    amount=st.none() | st.just(Amount(attribute="amount", maximum=1)),
    valid_from=st.just(date(2026, 1, 1)),
    valid_until=st.sampled_from((date(2026, 11, 21), date(2026, 11, 22), date(2028, 12, 31))),
    sub_delegation=st.integers(0, 2),
    under=st.sampled_from((None, None, "grant0", "grant1")),
    revoked_at=st.sampled_from((None, None, AT)),
)
governances = st.none() | st.builds(
    Governance,
    name=st.just("group"),
    root=st.just("a"),
    officers=st.just(()),
    signatures=st.just(Signatures(bundle=2)),
    automatic_sealing=st.sampled_from(("granted", "free")),
)


@st.composite
def bundles(draw: st.DrawFn) -> Bundle:
    """A group of `a`, and `b` below it, each with the seal of its name."""
    found = {
        f"grant{number}": msgspec.structs.replace(grant, name=f"grant{number}")
        for number, grant in enumerate(draw(st.lists(grants, max_size=3)))
    }
    return bundle_of(
        named(draw(st.lists(policies(), min_size=1, max_size=3))),
        grants=list(found.values()),
        governance=draw(governances),
    )


def bundle_of(
    found: Iterable[SealPolicy],
    *,
    grants: Iterable[SealGrant] = (),
    governance: Governance | None = None,
) -> Bundle:
    """The group with these policies."""
    amount = Attribute(type="integer")
    lines = {"a": None, "b": "b"}
    return Bundle(
        companies={
            "a": Company(name="a", title="甲"),
            "b": Company(name="b", title="乙", parent="a"),
        },
        roles={},
        systems={},
        document_types={
            name: DocumentType(name=name, attributes={"amount": amount}) for name in NAMES
        },
        seals={
            name: Seal(
                name=name,
                company=name,
                type=name,
                state="active",
                key=name,
                certificate="c.pem",
                line=lines[name],
            )
            for name in NAMES
        },
        policies=MappingProxyType({policy.name: policy for policy in found}),
        digest="sha256:0",
        grants=MappingProxyType({grant.name: grant for grant in grants}),
        governance=governance,
    )


systems = st.builds(Caller, system=one_of_few, company=one_of_few, roles=few_names)
people = st.builds(
    lambda person, company, roles, posts: Caller(
        system=f"person:{person}", person=person, company=company, roles=roles, posts=posts
    ),
    st.sampled_from(PEOPLE),
    one_of_few,
    few_names,
    few_names,
)
requests = st.builds(
    SealRequest,
    caller=systems | people,
    seal=one_of_few,
    document_type=one_of_few,
    business_number=st.just("HD-1"),
    attributes=st.sampled_from(({}, {"amount": 1}, {"amount": 2})),
    requested_by=st.just(msgspec.UNSET) | st.sampled_from(PEOPLE),
)
contents = st.just(msgspec.UNSET) | st.builds(
    ContentFacts,
    asked=st.sampled_from(
        (frozenset(), frozenset({"amounts"}), frozenset({"amounts", "template"}))
    ),
    template=st.sampled_from(("", "t@1")),
    amounts=st.sampled_from(((), (1, 2))),
)
facts = st.builds(
    DocumentFacts,
    pages=st.integers(0, 2),
    size_bytes=st.just(1),
    revisions=st.just(1),
    signatures=st.just(0),
    pdf_version=st.just("1.7"),
    content=contents,
)


@st.composite
def given_approvals(draw: st.DrawFn) -> tuple[GivenApproval, ...]:
    """At most one of each person, as the gateway takes them."""
    given = []
    for person in draw(st.lists(st.sampled_from(PEOPLE), unique=True)):
        given_at = AT - timedelta(minutes=draw(st.sampled_from((-1, 0, 1, 30, 100, 300))))
        given.append(
            GivenApproval(
                id=f"approval-{person}",
                subject=person,
                roles=draw(few_names),
                given_at=given_at,
                expires_at=AT + timedelta(minutes=draw(st.sampled_from((0, 60)))),
            )
        )
    return tuple(given)


knowns = st.builds(
    Known,
    used=st.dictionaries(
        st.sampled_from(
            ("used.seal_day", "used.line_hour", f"used.seal_day@{TOKYO}", f"used.line_hour@{TOKYO}")
        ),
        st.integers(0, 3),
    ),
    approvals=given_approvals(),
    certificate_days=st.none() | st.integers(0, 10),
)
