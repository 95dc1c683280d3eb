"""What is said against a condition before it decides."""

import pytest

from policies.conditions.linting import KnownAttribute, faults

KNOWN = {
    "amount_cents": KnownAttribute(type="integer", always=True),
    "urgent": KnownAttribute(type="boolean", always=True),
    "waybill": KnownAttribute(type="string", always=False),
    "mixed": KnownAttribute(type=None, always=False),
}


@pytest.mark.parametrize(
    "condition",
    [
        "true",
        'doc.pages <= 3 && doc.attributes.amount_cents <= 5000000 && now.getHours("+08:00") >= 6',
        "doc.attributes.urgent",
        "!doc.attributes.urgent",
        'has(doc.attributes.waybill) && doc.attributes.waybill.matches("[A-Z]+")',
        'has(doc.attributes.mixed) && doc.attributes.mixed == "x"',
        'has ( doc . attributes . waybill ) && doc . attributes . waybill == "doc.attributes.x"',
        'caller.roles.exists(role, role == "a")',
        '(now - timestamp("2026-01-01T00:00:00Z")).getHours() > 5',
        '"now.getHours()" != caller.system',
        "// doc.attributes.typo\ntrue",
        'doc.amounts.all(a, a < 5) && (doc.text.matches("甲|乙") || "doc.text" in caller.roles)',
    ],
)
def test_a_good_condition_has_no_faults(condition: str) -> None:
    assert faults(condition, KNOWN) == ()


@pytest.mark.parametrize(
    ("condition", "message", "cure"),
    [
        ('doc.pages == "x"', "'_==_' applied to '(int, string)' (column 11)", ""),
        ("doc.page == 1", "unknown name `doc.page`", "did you mean doc.pages?"),
        (
            "amount_cents > 1",
            "unknown name `amount_cents`",
            "did you mean doc.attributes.amount_cents",
        ),
        ("doc.pages = 1", "Syntax error", "write == to compare"),
        ("doc.pages == 1 and true", "Syntax error", "write && for and"),
        ("doc.pages == 1 ＆＆ true", "Syntax error", "write & for ＆"),
        ("caller.system == “tms”", "Syntax error", 'write " for “'),
        ("document.x == 1", "unknown name `document", "known: caller.company"),
        ("true &&\ndoc.page == 1", "(line 2, column 4)", ""),
        ("doc == 1", "unknown name `doc`", ""),
        ("doc.pages", "gives INT, not BOOL", "compare"),
        ("dyn(true)", "gives DYN, not BOOL", ""),
        ("", "Syntax error", ""),
        ("1 +", "Syntax error", ""),
        ("foo(1)", "unknown name `foo`", ""),
        ("(" * 60 + "true" + ")" * 60, "recursion limit", "simpler"),
        ("doc.attributes.typo == 1", "attribute `typo`", "add it to the type"),
        (
            "doc.attributes.amount_cent > 1",
            "attribute `amount_cent`",
            "doc.attributes.amount_cents",
        ),
        ('doc.attributes.amount_cents == "x"', "'(int, string)'", ""),
        ("doc.attributes.waybill == 'x'", "may be missing", "has(doc.attributes.waybill) &&"),
        ("has(doc.attributes.typo)", "attribute `typo`", ""),
        ('doc.attributes["waybill"] == "x"', "only read by name", "doc.attributes.NAME"),
        ('"waybill" in doc.attributes', "only read by name", ""),
        ("now.getHours() >= 6", "in UTC", 'now.getHours("Asia/Shanghai")'),
        ('caller.system.matches("(")', 'matches("(") has no answer', "in quotes"),
        ('now.getHours("Mars/Base") > 1', "Invalid timezone", ""),
        ('now > timestamp("yesterday")', "Timestamp conversion failed", ""),
        ('duration("1 day") > duration("1h")', 'duration("1 day")', ""),
        (
            "doc.amounts.exists(a, doc.text.contains(string(a) + '元整'))",
            "for each item of a list",
            "outside of",
        ),
        ("caller.roles.all(r, !doc . text.matches(r))", "for each item of a list", "outside of"),
        (
            "[doc.text].exists(t, doc.amounts.exists(a, t.contains(string(a))))",
            "for each item of a list",
            "of lists",
        ),
        ("true || " + "doc.pages > 1 || " * 300 + "true", "more than 4096", "several rules"),
    ],
)
def test_a_fault_is_named_with_its_cure(condition: str, message: str, cure: str) -> None:
    found = faults(condition, KNOWN)
    assert len(found) == 1
    assert message in found[0].message
    assert cure in found[0].cure


def test_several_faults_are_told_together() -> None:
    assert (
        len(faults("doc.page == 1 && doc.attributes.typo == 1 && now.getHours() > 1", KNOWN)) == 3
    )
