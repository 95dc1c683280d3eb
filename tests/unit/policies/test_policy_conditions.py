"""CEL behind its seam: only a true is a yes."""

from datetime import UTC, datetime

import pytest

from policies.conditions.cel import CELConditions, Pattern
from policies.conditions.variables import COUNTERS, VARIABLES, Subject, named_in, values
from policies.errors import ConditionError
from policies.interfaces import Conditions, Situation
from policies.model import (
    Attributes,
    Caller,
    ContentFacts,
    DocumentFacts,
    EarlierSignature,
    Known,
    SealRequest,
)
from policies.objects.seals import Seal

SEAL = Seal(name="s", company="c", type="回单章", state="active", key="k", certificate="c.pem")


CONTENT = ContentFacts(
    asked=frozenset(
        {"text", "fields", "template", "parties", "amounts", "page_sizes", "earlier", "pictures"}
    ),
    text="运单号 HD-1",
    fields={"amount": "12.50"},
    template="receipt-v1@1",
    parties=("丙公司",),
    amounts=(1250, 900),
    page_sizes=("210x297",),
    earlier=(
        EarlierSignature(
            field="s1", signer="李娜", certificate="0" * 64, intact=True, seals=("company-east",)
        ),
        EarlierSignature(
            field="s2", signer="王强", certificate="1" * 64, intact=False, seals=("legal-rep",)
        ),
        EarlierSignature(field="s3", signer="张三", certificate="2" * 64, intact=True),
    ),
    pictures=2,
)


def variables(
    attributes: Attributes | None = None,
    *,
    pages: int = 2,
    content: ContentFacts | None = None,
) -> dict[str, object]:
    request = SealRequest(
        caller=Caller(system="tms", company="c", roles=frozenset({"b", "a"})),
        seal="s",
        document_type="receipt",
        business_number="HD-1",
        attributes=dict(attributes or {}),
    )
    facts = DocumentFacts(
        pages=pages,
        size_bytes=10,
        revisions=1,
        signatures=0,
        pdf_version="1.7",
        content=CONTENT if content is None else content,
    )
    known = Known(used=dict.fromkeys(COUNTERS, 3), certificate_days=30)
    at = datetime(2026, 11, 22, 20, tzinfo=UTC)
    subject = Subject(
        request=request, facts=facts, seal=SEAL, at=at, known=known, counterparty="consignee"
    )
    return values(VARIABLES, subject)


def situation(condition: str, attributes: Attributes | None = None, *, pages: int = 2) -> Situation:
    conditions: Conditions = CELConditions([condition])
    return conditions.situation(variables(attributes, pages=pages))


def test_every_variable_has_a_value() -> None:
    assert variables().keys() == VARIABLES.keys()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ('caller.system == "tms" && caller.company == "c"', True),
        ('"a" in caller.roles && !("c" in caller.roles)', True),
        ('seal.id == "s" && seal.type == "回单章" && seal.company == "c"', True),
        ('doc.type == "receipt" && doc.business_number.startsWith("HD-")', True),
        ("doc.pages == 2 && doc.size_bytes == 10 && doc.revisions == 1", True),
        ('doc.signatures == 0 && doc.pdf_version == "1.7"', True),
        ('now.getHours("Asia/Shanghai") == 4 && now.getDate("Asia/Shanghai") == 23', True),
        ("doc.attributes.a == 5 && has(doc.attributes.a) && !has(doc.attributes.b)", True),
        ("doc.attributes.a < 5", False),
        ("doc.attributes.b == 5 || true", True),
        ('caller.person == "" && caller.posts == [] && caller.line == ""', True),
        ('seal.line == "" && seal.certificate_days == 30', True),
        ('doc.text.contains("HD-1") && doc.fields.amount == "12.50"', True),
        ('doc.template == "receipt-v1@1" && "丙公司" in doc.parties', True),
        ('1250 in doc.amounts && doc.page_sizes.all(size, size == "210x297")', True),
        ('doc.signers == ["李娜", "张三"]', True),
        ('doc.own_seals == ["company-east"]', True),
        ("doc.pictures == 2", True),
        ('doc.counterparty == ""', True),
        ("used.seal_day == 3 && used.line_month < 4", True),
    ],
)
def test_conditions_see_caller_seal_document_and_moment(condition: str, *, expected: bool) -> None:
    assert situation(condition, {"a": 5}).holds(condition) is expected


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        pytest.param("doc.attributes.b == 1", "Key not found", id="missing attribute"),
        pytest.param("1 / (doc.pages - 2) == 1", "divide by zero", id="division by zero"),
        pytest.param("doc.attributes.a", "neither true nor false", id="a number is no yes"),
        pytest.param('caller.system.matches("(")', "regular expression", id="bad expression"),
        pytest.param('now.getHours("Mars/Base") > 1', "timezone", id="bad zone"),
        pytest.param("doc.attributes.a > 'x'", "overload", id="mixed types"),
        pytest.param(
            "[1,2,3,4,5,6,7,8,9].all(a, [1,2,3,4,5,6,7,8,9].all(b, [1,2,3,4,5,6,7,8,9].all(c,"
            "[1,2,3,4,5,6,7,8,9].all(d, [1,2,3,4,5,6,7,8,9].all(e, [1,2,3,4,5,6,7,8,9].all(f,"
            "a + b + c + d + e + f > doc.pages))))))",
            "budget",
            id="endless",
        ),
    ],
)
def test_an_error_is_no_answer(condition: str, message: str) -> None:
    with pytest.raises(ConditionError, match=message) as caught:
        situation(condition, {"a": 5}).holds(condition)
    assert "\n" not in str(caught.value)


def test_a_number_beyond_int64_is_no_answer() -> None:
    with pytest.raises(ConditionError, match="too big"):
        situation("doc.pages > 1", pages=1 << 63).holds("doc.pages > 1")


def test_text_that_is_no_unicode_is_no_answer() -> None:
    condition = 'doc.attributes.a == "x"'
    with pytest.raises(ConditionError, match="null"):
        situation(condition, {"a": "\ud800"}).holds(condition)


@pytest.mark.parametrize(
    "changes",
    [
        {"doc.business_number": "HD-1\0x"},
        {"caller.roles": ["a", "b\0"]},
        {"doc.attributes": {"a": "x\0"}},
        {"doc.attributes": {"a\0": 1}},
    ],
)
def test_a_text_does_not_end_at_its_first_nul(changes: dict[str, object]) -> None:
    condition = 'doc.business_number == "HD-1"'
    answerable = CELConditions([condition]).situation(variables())
    assert answerable.holds(condition)
    situation_with_nul = CELConditions([condition]).situation({**variables(), **changes})
    with pytest.raises(ConditionError, match="NUL"):
        situation_with_nul.holds(condition)


@pytest.mark.parametrize("name", VARIABLES)
@pytest.mark.parametrize("between", [".", " . ", "\n.\n", ".// a comment\n"])
def test_a_variable_is_found_however_it_is_written(name: str, between: str) -> None:
    written = between.join(name.split("."))
    condition = f"type({written}) == int || true"
    assert name in named_in(condition)
    assert situation(condition).holds(condition)


def test_variables_that_no_condition_names_are_left_out() -> None:
    assert named_in("doc.pages > 1 && doc.revisions == 1") == {"doc.pages", "doc.revisions"}
    assert named_in('doc.pages > 1 && seal.id != "doc.text" // doc.amounts') == {
        "doc.pages",
        "seal.id",
    }


def test_what_nobody_looked_for_is_left_out() -> None:
    asked_text = ContentFacts(asked=frozenset({"text"}), text=None)
    for content in (ContentFacts(asked=frozenset()), asked_text):
        found = variables(content=content)
        assert not {"doc.text", "doc.amounts", "doc.template"} & found.keys()
        with pytest.raises(ConditionError, match="No value"):
            CELConditions(["size(doc.text) == 0"]).situation(found).holds("size(doc.text) == 0")


def test_a_pattern_refuses_text_with_a_nul() -> None:
    with pytest.raises(ConditionError, match="NUL"):
        Pattern("a").matches("a\0b")


def test_a_condition_that_does_not_compile_is_refused_unless_it_only_spares_work() -> None:
    with pytest.raises(ConditionError, match="Syntax error"):
        CELConditions(["1 +"])
    conditions = CELConditions(["true"], sparing=["1 +", "true || false"])
    assert conditions.knows("true || false")
    assert not conditions.knows("1 +")
    with pytest.raises(ConditionError, match="not compiled"):
        conditions.situation(variables()).holds("1 +")


def test_a_part_is_compiled_when_it_is_first_asked() -> None:
    asked = CELConditions([]).situation(variables())
    assert asked.part_holds("doc.pages == 2")
    with pytest.raises(ConditionError, match="Syntax error"):
        asked.part_holds("doc.pages ==")


def test_a_pattern_must_match_the_whole_text() -> None:
    pattern = Pattern("a|b+")
    matching = [text for text in ("a", "bb", "ab", "a\n", "", "\na") if pattern.matches(text)]
    assert matching == ["a", "bb"]


@pytest.mark.parametrize("pattern", ["(", "a)|(?:b", "(?=a)", r"(a)\1", "a{1001}"])
def test_a_pattern_beyond_re2_is_refused(pattern: str) -> None:
    with pytest.raises(ConditionError, match="regular expression"):
        Pattern(pattern)


def test_a_pattern_refuses_text_that_is_no_unicode() -> None:
    with pytest.raises(ConditionError):
        Pattern("a").matches("\ud800")
