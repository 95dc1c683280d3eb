"""Terms that nobody could sign as they are are refused before anybody is asked."""

from datetime import datetime
from typing import Any

import msgspec
import pytest

from cloud_bridge.envelopes.state import begin
from cloud_bridge.envelopes.terms import LARGEST_TERMS
from cloud_bridge.errors import NotAllowedError
from cloud_bridge.model import Box, Delivery, Party, PartyField, Terms
from tests.envelope_parties import BUYER, ENVELOPE, SELLER, START, terms_of

_BOX = Box(page=1, left_mm=1, top_mm=1, width_mm=1, height_mm=1)
_DOCUMENT = terms_of().documents[0]
_PERSON = Party(id="clerk", kind="person", account="person-1", name="李四")


def _buyer(**changes: Any) -> Terms:  # noqa: ANN401 - any field of a party
    return terms_of(msgspec.structs.replace(BUYER, **changes), SELLER)


def _document(**changes: Any) -> Terms:  # noqa: ANN401 - any field of a document
    return terms_of(documents=(msgspec.structs.replace(_DOCUMENT, **changes),))


def _field(**changes: Any) -> Terms:  # noqa: ANN401 - any field of a field
    field = PartyField(name="a", document="合同.pdf", kind="text", box=_BOX)
    return _buyer(fields=(msgspec.structs.replace(field, **changes),))


def _delivery(*lines: tuple[str, int]) -> Terms:
    return terms_of(
        delivery=Delivery(waybill="W1", shipper="A", carrier="B", consignee="C", lines=lines)
    )


_TWO_FIELDS = (PartyField(name="a", document="合同.pdf", kind="text", box=_BOX),) * 2
_SENSELESS = {
    "no UUID": terms_of(envelope="contract-7"),
    "no UUID in lower case": terms_of(envelope="AAAAAAAA-2222-4333-8444-555555555555"),
    "voids is no other envelope's": terms_of(voids=ENVELOPE),
    "no initiator": terms_of(initiator=""),
    "no time zone": terms_of(expires_at=START.replace(tzinfo=None)),
    "1 to 50 documents": terms_of(documents=()),
    "two documents are called": terms_of(documents=(_DOCUMENT, _DOCUMENT)),
    "'../a.pdf' is no file name": _document(name="../a.pdf"),
    "'..' is no file name": _document(name=".."),
    "'' is no file name": _document(name=""),
    "digest of 合同.pdf": _document(digest="ABC"),
    "is empty": _document(size=0),
    "nobody signs it": terms_of(msgspec.structs.replace(BUYER, copy=True)),
    "two parties have the id buyer": terms_of(BUYER, BUYER),
    "is no party's id": _buyer(id="买方"),
    "everybody else has one": _buyer(account=""),
    "a bearer has no account": terms_of(Party(id="b", kind="bearer", account="x")),
    "signs in a browser": terms_of(_PERSON, mode="encrypted"),
    "only gets a copy": _buyer(copy=True, any_of="x"),
    "less than no time": _buyer(reading_seconds=-1),
    "different turns": terms_of(
        *(msgspec.structs.replace(each, any_of="x") for each in (BUYER, SELLER))
    ),
    "two fields have the same name": _buyer(fields=_TWO_FIELDS),
    "in no document": _field(document="b.pdf"),
    "a field has no name": _field(name=""),
    "a choice has choices": _field(kind="choice"),
    "no place on a page": _field(box=msgspec.structs.replace(_BOX, page=0)),
    "field a has no place on a page": _field(box=msgspec.structs.replace(_BOX, left_mm=1e308)),
    "beyond the calendar": terms_of(
        expires_at=datetime.fromisoformat("9999-12-31T23:59:59.999999-23:59")
    ),
    "is beyond the calendar": terms_of(
        expires_at=datetime.fromisoformat("0001-01-01T00:00:00+23:59")
    ),
    "business number is very long": terms_of(business_number="7" * 201),
    "'a\\x00b' is no line": terms_of(business_number="a\0b"),
    "'\\x1b[2J' is no line": terms_of(title="\x1b[2J"),
    "xxx' is no line": terms_of(title="x" * 256),
    "'Seller\\nLtd' is no line": _buyer(name="Seller\nLtd"),
    "is no line that people can read": _field(label="\u202edtL relleS"),
    "'org\\x00' is no line": _buyer(account="org\0"),
    "'t\\r' is no line": _document(type="t\r"),
    "more than 100 choices": _field(kind="choice", choices=tuple(map(str, range(101)))),
    "is no file name without": _document(name="contract\u202efdp.exe"),
    "at most 500 lines": _delivery(*[("tea", 1)] * 501),
    "there are 0 to": _delivery(("tea", -1)),
    "'tea\\x00' is no line": _delivery(("tea\0", 1)),
}


@pytest.mark.parametrize("words", _SENSELESS)
def test_terms_that_make_no_sense(words: str) -> None:
    with pytest.raises(NotAllowedError) as refusal:
        begin(msgspec.json.encode(_SENSELESS[words]))
    assert refusal.value.reason == "senseless"
    assert words.removeprefix("voids ") in str(refusal.value)


@pytest.mark.parametrize("junk", [b"", b"[]", b"\xff", b"{" * 100_000, bytes(LARGEST_TERMS + 1)])
def test_what_is_no_terms(junk: bytes) -> None:
    with pytest.raises(NotAllowedError) as refusal:
        begin(junk)
    assert refusal.value.reason == "senseless"


def test_two_fields_of_one_party_have_two_names_though_in_two_documents() -> None:
    second = msgspec.structs.replace(_DOCUMENT, name="附件.pdf")
    fields = tuple(
        PartyField(name="a", document=each.name, kind="text", box=_BOX)
        for each in (_DOCUMENT, second)
    )
    buyer = msgspec.structs.replace(BUYER, fields=fields)
    with pytest.raises(NotAllowedError, match="party buyer has two fields a"):
        begin(msgspec.json.encode(terms_of(buyer, documents=(_DOCUMENT, second))))


def test_sensible_terms_begin_a_draft() -> None:
    state = begin(msgspec.json.encode(terms_of()))
    assert (state.status, state.sequence, state.head, state.at) == ("draft", 0, "", None)
    assert [each.state for each in state.parties] == ["waiting", "waiting"]
