"""What a document says is read once, though it is examined before it is sealed."""

from datetime import timedelta
from pathlib import Path
from types import MappingProxyType

import msgspec
import pytest

from gateway.documents.model import Preparation
from gateway.signing.errors import DeniedProblem
from gateway.signing.readings import Readings
from policies.model import ContentFacts, Fact
from policies.objects.documents import Field, Mark, Template
from tests.running_gateway import RECEIPT
from tests.signing_house import POLICY, START, House, OwnPress, request, signing_house

READING = POLICY.replace(
    "- id: automatic\n      systems: [tms]\n      limits: {perHour: 3}",
    "- id: automatic\n      systems: [tms]\n      when: \"!doc.text.contains('legal')\"",
)


def asked_of_workers(house: House) -> list[set[str]]:
    return [set(each.ask) for each in house.press.prepared]


async def test_a_document_that_was_examined_is_not_read_again(tmp_path: Path) -> None:
    async with signing_house(tmp_path, policy=READING) as house:
        await house.service.examine(request(), RECEIPT)
        sealed = await house.seal()
        assert asked_of_workers(house) == [{"text"}, set()]
        assert b"".join(sealed.content).startswith(RECEIPT)


async def test_another_document_is_read(tmp_path: Path) -> None:
    async with signing_house(tmp_path, policy=READING) as house:
        await house.seal(key="first")
        await house.seal(key="second", document=RECEIPT + b"\n")
        assert asked_of_workers(house) == [{"text"}, {"text"}]


async def test_what_was_read_decides_again_as_it_did(tmp_path: Path) -> None:
    forbidding = READING.replace("!doc.text.contains('legal')", "doc.text == ''")
    async with signing_house(tmp_path, policy=forbidding) as house:
        for _ in range(2):
            with pytest.raises(DeniedProblem):
                await house.service.examine(request(), RECEIPT)
        assert asked_of_workers(house) == [{"text"}, set()]


async def test_without_rules_that_read_nothing_is_remembered(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        await house.seal(key="first")
        await house.seal(key="second")
        assert asked_of_workers(house) == [set(), set()]


def preparation(*ask: Fact, **changes: object) -> Preparation:
    ordinary = {"document_id": "d", "signed_at": START, "placement": None}
    return Preparation(**{**ordinary, **changes}, ask=frozenset(ask))  # type: ignore[arg-type]


def found(text: str) -> ContentFacts:
    return ContentFacts(asked=frozenset({"text"}), text=text)


def test_what_was_found_holds_for_what_was_asked_of_these_bytes() -> None:
    readings = Readings(OwnPress())
    readings.remember(b"bytes", preparation("text"), found("合同"))
    again = preparation("text", document_id="another", signed_at=START + timedelta(days=1))
    assert readings.of(b"bytes", again) == found("合同")
    assert readings.of(b"others", preparation("text")) is None
    assert readings.of(b"bytes", preparation("text", "amounts")) is None
    assert readings.of(b"bytes", preparation("text", parties=("示例物流",))) is None
    assert readings.of(b"bytes", preparation("text", normalize=True)) is None
    assert readings.of(b"bytes", preparation()) is None


def test_what_was_used_longest_ago_goes_first_and_long_texts_are_not_kept() -> None:
    readings = Readings(OwnPress(), documents=2)
    for digest in (b"first", b"second"):
        readings.remember(digest, preparation("text"), found("short"))
    assert readings.of(b"first", preparation("text"))
    readings.remember(b"third", preparation("text"), found("short"))
    readings.remember(b"long", preparation("text"), found("长" * 70_000))
    known = [
        bool(readings.of(each, preparation("text")))
        for each in (b"first", b"second", b"third", b"long")
    ]
    assert known == [True, False, True, False]


def test_what_a_template_asks_is_part_of_the_question() -> None:
    readings = Readings(OwnPress())
    place = Field(left_mm=1, top_mm=2, width_mm=3, height_mm=4)
    template = Template(
        name="receipt-v1",
        document_type="receipt",
        version=1,
        width_mm=210,
        height_mm=297,
        marks=(Mark(text="运单", left_mm=1, top_mm=1),),
        fields=MappingProxyType({"no": place}),
    )
    asked = preparation("fields", templates=(template,))
    readings.remember(b"bytes", asked, found("运单"))
    assert readings.of(b"bytes", asked) == found("运单")
    newer = msgspec.structs.replace(template, version=2)
    assert readings.of(b"bytes", preparation("fields", templates=(newer,))) is None
