"""A person fills in its own fields, reads, is checked, and signs by hand where that is asked."""

from datetime import datetime

import msgspec
import pytest

from cloud_bridge.envelopes.state import allow
from cloud_bridge.envelopes.statements import NETWORK, Attachment, Claimed, Opened, Received
from cloud_bridge.errors import NotAllowedError
from cloud_bridge.model import Box, Delivery, FieldKind, Party, PartyField
from tests.envelope_parties import BUYER, START, Envelope, terms_of

_BOX = Box(page=-1, left_mm=20, top_mm=200, width_mm=60, height_mm=10)


def _field(name: str, kind: FieldKind, **more: object) -> PartyField:
    return PartyField(name=name, document="合同.pdf", kind=kind, box=_BOX, **more)  # type: ignore[arg-type]


_FIELDS = (
    _field("签名", "signature"),
    _field("备注", "text", required=False),
    _field("日期", "date"),
    _field("数量", "number"),
    _field("同意", "checkbox"),
    _field("方式", "choice", choices=("快递", "自提")),
)
_FILLED = {"日期": "2026-11-27", "数量": "12.5", "同意": "true", "方式": "自提"}
_PERSON = Party(
    id="clerk",
    kind="person",
    account="person-1",
    name="李四",
    handwriting="required",
    reading_seconds=15,
    fields=_FIELDS,
)


def _envelope(party: Party = _PERSON, **terms: object) -> Envelope:
    return Envelope(terms_of(party, **terms)).send()


def _sign(envelope: Envelope, **changes: object) -> None:
    envelope.sign("clerk", **{"values": _FILLED, "handwritten": True, **changes})


def _refused(envelope: Envelope, **changes: object) -> str:
    with pytest.raises(NotAllowedError) as refusal:
        _sign(envelope, **changes)
    return refusal.value.reason


def test_who_did_everything_that_was_asked_has_signed() -> None:
    envelope = _envelope()
    envelope.say(Opened(), by=NETWORK, party="clerk")
    _sign(envelope, attachments=(Attachment(name="p", digest="a" * 64, size=1, media_type="x"),))
    assert envelope.state.missing == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"values": {**_FILLED, "日期": ""}}, "left-empty"),
        ({"values": {**_FILLED, "日期": "27.11.2026"}}, "value"),
        ({"values": {**_FILLED, "数量": "NaN"}}, "value"),
        ({"values": {**_FILLED, "数量": "many"}}, "value"),
        ({"values": {**_FILLED, "同意": "yes"}}, "value"),
        ({"values": {**_FILLED, "同意": "false"}}, "left-empty"),
        ({"values": {**_FILLED, "方式": "空运"}}, "value"),
        ({"values": {**_FILLED, "备注": "字" * 4001}}, "value"),
        ({"values": {**_FILLED, "签名": "李四"}}, "others-field"),
        ({"values": {**_FILLED, "金额": "1"}}, "others-field"),
        ({"handwritten": False}, "handwriting"),
        ({"read_seconds": 14}, "not-read"),
        ({"method": ""}, "unchecked"),
        ({"late": True}, "moment"),
        ({"acted_at": START.replace(tzinfo=None)}, "moment"),
        ({"acted_at": datetime.fromisoformat("0001-01-01T00:00:00+14:00")}, "moment"),
        ({"acted_at": datetime.fromisoformat("9999-12-31T23:59:59-12:00")}, "moment"),
        ({"remark": "字" * 4001}, "too-much"),
        (
            {"attachments": (Attachment(name="p", digest="?", size=1, media_type="x"),)},
            "attachments",
        ),
        ({"goods": (Received(line=0, received=1),)}, "goods"),
    ],
)
def test_what_was_not_done_as_asked_is_named(changes: dict[str, object], reason: str) -> None:
    assert _refused(_envelope(), **changes) == reason


def test_writing_by_hand_can_be_forbidden() -> None:
    envelope = _envelope(msgspec.structs.replace(_PERSON, handwriting="forbidden"))
    assert _refused(envelope) == "handwriting"
    _sign(envelope, handwritten=False)


def test_nobody_fills_in_the_fields_of_another_party() -> None:
    envelope = Envelope(terms_of(_PERSON, BUYER, mode="open")).send()
    with pytest.raises(NotAllowedError) as refusal:
        envelope.sign("buyer", values={"数量": "1000000"})
    assert refusal.value.reason == "others-field"


def test_an_organisation_does_not_say_what_a_person_did() -> None:
    envelope = _envelope()
    for by in ("org-buyer", "person-1"):
        said = envelope.statement(Opened(), by=by, party="clerk")
        with pytest.raises(NotAllowedError) as refusal:
            allow(envelope.state, said, at=envelope.now)
        assert refusal.value.reason == "not-its-own"


class TestReceiptsWhoseSignerIsNotKnownBeforehand:
    """物流回单: whoever holds the goods claims first, then says what came."""

    _BEARER = Party(id="receiver", kind="bearer", contact_tail="1234", level="none")
    _DELIVERY = Delivery(
        waybill="SF1", shipper="甲", carrier="乙", consignee="丙", lines=(("水泥", 10), ("钢材", 2))
    )

    def _envelope(self) -> Envelope:
        return Envelope(terms_of(self._BEARER, delivery=self._DELIVERY)).send()

    def _claim(self, envelope: Envelope, name: str = "王五") -> None:
        claimed = Claimed(name=name, contact="138****1234", method="contact-tail")
        envelope.say(claimed, by=NETWORK, party="receiver")

    def test_the_first_claim_wins(self) -> None:
        envelope = self._envelope()
        self._claim(envelope)
        assert envelope.state.parties[0].party.name == "王五"
        with pytest.raises(NotAllowedError) as refusal:
            self._claim(envelope, "赵六")
        assert refusal.value.reason == "claimed"

    def test_nobody_signs_what_nobody_claimed(self) -> None:
        with pytest.raises(NotAllowedError) as refusal:
            self._envelope().sign("receiver")
        assert refusal.value.reason == "not-claimed"

    def test_goods_are_told_line_by_line(self) -> None:
        envelope = self._envelope()
        self._claim(envelope)
        goods = (Received(line=0, received=9, short=1, damaged=2), Received(line=1, received=2))
        envelope.sign("receiver", goods=goods, late=True, acted_at=START)
        assert envelope.state.missing == ()

    @pytest.mark.parametrize(
        "goods",
        [
            (Received(line=2, received=1),),
            (Received(line=-1, received=1),),
            (Received(line=0, received=1), Received(line=0, received=1)),
            (Received(line=0, received=-1),),
            (Received(line=0, received=1, damaged=2),),
        ],
    )
    def test_goods_that_there_are_not_are_not_taken(self, goods: tuple[Received, ...]) -> None:
        envelope = self._envelope()
        self._claim(envelope)
        with pytest.raises(NotAllowedError) as refusal:
            envelope.sign("receiver", goods=goods)
        assert refusal.value.reason == "goods"
