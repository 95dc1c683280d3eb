"""The compiled form says everything that the objects say, in one spelling."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.bundle import OBJECT_KINDS, Bundle
from policies.compiled import MOST_OBJECTS, compiled, content_digest, decompiled, with_files
from policies.errors import CompiledFormError
from policies.foresight.object_changes import object_changes
from policies.loader import load_bundle
from policies.model import Stage
from policies.objects.documents import Field, Mark, Template
from policies.objects.group import BusinessLine, Governance, Signatures
from policies.objects.people import Holding, Person, Post, Role
from policies.objects.rules import Approvals, PermitRule, SealPolicy, SealScope
from policies.objects.seals import Amount, SealGrant
from policies.objects.systems import ApprovalSource
from policies.reading.library import KINDS, Library, Shelf
from tests.signing_house import POLICY

DAY = date(2026, 1, 1)
PERSON = Person(name="li", title="李娜", company="east", posts=(Holding(post="p", from_day=DAY),))
GRANT = SealGrant(
    name="g",
    grantor="east",
    grantee_kind="post",
    grantee="p",
    seals=("receipt-east",),
    document_types=("receipt",),
    amount=Amount(attribute="amount_cents", maximum=5),
    valid_from=DAY,
    valid_until=DAY,
    document="grants/g.pdf",
    document_digest="00" * 32,
    revoked_at=datetime(2026, 2, 1, tzinfo=UTC),
)
SCOPED = SealPolicy(
    name="scoped",
    seals=SealScope(companies=frozenset({"east"}), below=True),
    document_types=("receipt",),
    time_zone="Asia/Shanghai",
    permit=(
        PermitRule(
            id="by-hand",
            posts=frozenset({"p"}),
            approvals=Approvals(stages=(Stage(count=2, roles=frozenset({"a", "b"})),)),
        ),
    ),
)


def everything() -> Bundle:
    """One object of each kind at least."""
    bundle = load_bundle({"all.yaml": POLICY})
    source = ApprovalSource(
        name="oa",
        company="east",
        role="a",
        algorithm="ed25519",
        public_key=b"k" * 32,
        max_age_seconds=60,
    )
    template = Template(
        name="t",
        document_type="receipt",
        version=1,
        width_mm=210,
        height_mm=297,
        marks=(Mark(text="运单号", left_mm=1, top_mm=2.5),),
        fields={"amount": Field(left_mm=1, top_mm=2, width_mm=3, height_mm=4)},
    )
    return replace(
        bundle,
        governance=Governance(
            name="g", root="east", officers=("li",), signatures=Signatures(bundle=1)
        ),
        roles={"a": Role(name="a", power="auditor"), "b": Role(name="b")},
        policies=MappingProxyType({**bundle.policies, "scoped": SCOPED}),
        lines={"logistics": BusinessLine(name="logistics", title="物流")},
        posts={"p": Post(name="p", company="east", title="岗", roles=frozenset({"a", "b"}))},
        persons={"li": PERSON},
        grants={"g": GRANT},
        templates={"t": template},
        approval_sources={"oa": source},
    )


def test_the_kinds_of_objects_are_the_mappings_of_a_bundle() -> None:
    fields = get_type_hints(Bundle)
    for apart in ("digest", "governance", "files"):
        del fields[apart]
    assert {field: Mapping[str, kind] for field, kind in OBJECT_KINDS.items()} == fields  # type: ignore[valid-type]  # a class in a variable


def test_officers_can_write_every_kind_of_object() -> None:
    library = Library()
    shelves = {field: each for field, each in vars(library).items() if isinstance(each, Shelf)}
    assert shelves.keys() == {*OBJECT_KINDS, "governance"}
    assert tuple(library.shelves) == tuple(shelves.values())
    assert {shelf.word: shelf.kind for shelf in shelves.values()} == KINDS


def test_everything_has_an_object_of_each_kind() -> None:
    bundle = everything()
    assert [field for field in OBJECT_KINDS if not getattr(bundle, field)] == []
    pieces = compiled(bundle)
    assert {name.rpartition("-")[0] for name in pieces} == {*OBJECT_KINDS, "governance"}


@pytest.mark.parametrize("field", OBJECT_KINDS)
def test_an_object_that_goes_is_told_and_changes_the_digest(field: str) -> None:
    bundle = everything()
    (name, *_) = getattr(bundle, field)
    rest = {other: each for other, each in getattr(bundle, field).items() if other != name}
    less = replace(bundle, **{field: rest})
    (change,) = object_changes(bundle, less)
    assert (change.objects, change.name, change.change) == (field, name, "removed")
    assert with_files(less, {}).digest != with_files(bundle, {}).digest


def test_what_comes_back_is_what_went_in() -> None:
    files = {"seal.pem": "ab" * 32}
    bundle = with_files(everything(), files)
    assert decompiled(compiled(bundle), files=files) == bundle


def test_a_kind_with_many_objects_is_in_several_pieces_with_a_pause_after_each() -> None:
    many = {f"p-{number}": PERSON for number in range(2 * MOST_OBJECTS + 1)}
    bundle = replace(everything(), persons=many)
    pieces = compiled(bundle)
    pauses: list[None] = []
    decompiled(pieces, files={}, pause=lambda: pauses.append(None))
    assert [name for name in pieces if name.startswith("persons")] == [
        "persons-0000",
        "persons-0001",
        "persons-0002",
    ]
    assert len(pauses) == len(pieces)


@given(st.permutations(list("abcdefgh")))
def test_no_order_of_names_or_sets_changes_a_byte(names: list[str]) -> None:
    def written(order: list[str]) -> dict[str, bytes]:
        roles = {name: Role(name=name) for name in order}
        posts = {"p": Post(name="p", company="east", title="岗", roles=frozenset(order))}
        return compiled(replace(everything(), roles=roles, posts=posts))

    assert written(names) == written(sorted(names))


def test_the_digest_tells_names_from_contents_and_objects_from_files() -> None:
    told = {
        content_digest({"ab": b"c"}, {}),
        content_digest({"a": b"bc"}, {}),
        content_digest({}, {"ab": "c"}),
        content_digest({"ab": b"c"}, {"ab": "c"}),
    }
    assert len(told) == 4


@pytest.mark.parametrize(
    ("name", "data"),
    [("seals-0000", b"\x91\x80"), ("seals-0000", b""), ("novelties-0000", b"\x90")],
    ids=["an object that says nothing", "nothing", "a kind of a later version"],
)
def test_what_is_no_compiled_bundle_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(CompiledFormError):
        decompiled({name: data}, files={})
