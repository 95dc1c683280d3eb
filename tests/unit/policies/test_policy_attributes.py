"""Attributes against their document type."""

import pytest

from policies.deciding.attributes import AttributeChecks
from policies.model import AttributeValue
from policies.objects.documents import Attribute, DocumentType

CHECKS = AttributeChecks(
    {
        "receipt": DocumentType(
            name="receipt",
            attributes={
                "amount": Attribute(type="integer", minimum=0, maximum=10),
                "count": Attribute(type="integer"),
                "urgent": Attribute(type="boolean"),
                "code": Attribute(type="string", max_length=4, pattern="[A-Z]+"),
                "note": Attribute(type="string"),
            },
        )
    }
)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", 0),
        ("amount", 10),
        ("count", -(1 << 63)),
        ("urgent", False),
        ("code", "ABCD"),
        ("note", ""),
        ("note", "备注😀"),
    ],
)
def test_what_fits_passes(name: str, value: AttributeValue) -> None:
    assert list(CHECKS.faults("receipt", {name: value})) == []


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("amount", "5", "must be a whole number"),
        ("amount", True, "must be a whole number"),
        ("amount", -1, "is -1, less than 0"),
        ("amount", 11, "is 11, more than 10"),
        ("count", 1 << 63, "does not fit into 64 bits"),
        ("urgent", 1, "must be true or false"),
        ("urgent", "true", "must be true or false"),
        ("code", 5, "must be text"),
        ("code", "ABCDE", "has 5 characters, more than 4"),
        ("code", "AB1", "does not match [A-Z]+"),
        ("code", "AB\n", "does not match [A-Z]+"),
        ("note", "\ud800", "is not valid Unicode text"),
        # CEL would see "AB" only.
        ("code", "AB\0x", "has a NUL character"),
        ("note", "x" * 10_001, "has 10001 characters, more than 10000"),
    ],
)
def test_what_does_not_fit_is_told(name: str, value: AttributeValue, fault: str) -> None:
    assert list(CHECKS.faults("receipt", {name: value})) == [f"the attribute `{name}` {fault}"]
