"""Which seals a scope means, and that the index finds what it covers."""

import pytest

from policies.deciding.group import Group
from policies.deciding.scopes import Coverage, ScopeIndex, covers
from policies.objects.group import Company
from policies.objects.rules import SealPolicy, SealScope
from policies.objects.seals import Seal

COMPANIES = {
    "hq": Company(name="hq", title="总部"),
    "east": Company(name="east", title="华东", parent="hq"),
    "shanghai": Company(name="shanghai", title="上海", parent="east"),
    "south": Company(name="south", title="华南", parent="hq"),
}
GROUP = Group(COMPANIES)


def seal(company: str, kind: str = "公章", line: str | None = None) -> Seal:
    return Seal(
        name=f"seal-{company}",
        company=company,
        type=kind,
        state="active",
        key="k",
        certificate="c.pem",
        line=line,
    )


def scope(
    companies: str = "", *, below: bool = False, types: str = "", lines: str = ""
) -> SealScope:
    return SealScope(
        types=frozenset(types.split()),
        companies=frozenset(companies.split()),
        below=below,
        lines=frozenset(lines.split()),
    )


def test_companies_are_above_and_below_one_another() -> None:
    assert GROUP.above("shanghai") == ("east", "hq")
    assert GROUP.above("hq") == GROUP.above("nobody") == ()
    assert GROUP.is_below("shanghai", "hq")
    assert not GROUP.is_below("east", "shanghai")
    assert not GROUP.is_below("east", "east")


def test_a_circle_of_companies_ends() -> None:
    circle = {
        "a": Company(name="a", title="甲", parent="b"),
        "b": Company(name="b", title="乙", parent="a"),
    }
    assert Group(circle).above("a") == ("b",)


@pytest.mark.parametrize(
    ("meant", "one", "expected"),
    [
        (scope(), seal("shanghai"), True),
        (scope("east"), seal("east"), True),
        (scope("east"), seal("shanghai"), False),
        (scope("hq"), seal("shanghai"), False),
        (scope("hq", below=True), seal("hq"), True),
        (scope("hq", below=True), seal("shanghai"), True),
        (scope("south", below=True), seal("shanghai"), False),
        (scope("east", below=True), seal("hq"), False),
        (scope(types="公章 合同专用章"), seal("east"), True),
        (scope(types="合同专用章"), seal("east"), False),
        (scope(lines="logistics"), seal("east"), False),
        (scope(lines="logistics"), seal("east", line="logistics"), True),
        (scope("hq", below=True, types="公章", lines="sales"), seal("east", line="sales"), True),
        (scope("hq", below=True, types="公章", lines="sales"), seal("east", line="hr"), False),
    ],
)
def test_all_that_a_scope_says_must_fit_and_the_index_agrees(
    meant: SealScope, one: Seal, *, expected: bool
) -> None:
    assert covers(meant, one, GROUP) is expected
    index = ScopeIndex({Coverage(meant, frozenset({"receipt"})): "it"}, GROUP)
    assert index.covering(one, "receipt") == (("it",) if expected else ())
    assert index.covering(one, "contract") == ()


def test_what_is_found_by_several_ways_is_found_once() -> None:
    everywhere = Coverage(scope("hq east", below=True), frozenset({"receipt", "*"}))
    assert ScopeIndex({everywhere: "it"}, GROUP).covering(seal("shanghai"), "receipt") == ("it",)


def test_policies_about_the_same_are_equal_however_they_are_written() -> None:
    def coverage(*seals: str) -> Coverage:
        policy = SealPolicy(
            name="p", seals=seals, document_types=("receipt",), time_zone="Asia/Shanghai"
        )
        return Coverage.of(policy)

    assert coverage("a", "b") == coverage("b", "a") != coverage("a")
