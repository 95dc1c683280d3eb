"""What somebody else wrote is read alike by every reader, or it is not read."""

from typing import Any

import msgspec
import pytest

from cloud_bridge.envelopes.chain import Entry, parse_link
from cloud_bridge.envelopes.statements import Opened, SignedStatement, Statement, parse
from cloud_bridge.plain_json import decode, unpack
from cloud_bridge.wire import Feed, FeedItem
from tests.envelope_parties import ENVELOPE, START

_STATEMENT = Statement(
    id="1", envelope=ENVELOPE, terms="", author="org-buyer", party="buyer", act=Opened(), at=START
)
_SAID = msgspec.json.encode(_STATEMENT)
_NOT_PLAIN: dict[str, bytes] = {
    "not-utf-8": b'{"id":"\xff"}',
    "no-json": b"{",
    "nothing": b"",
    "another-thing": b"[]",
    "nested-without-end": b'{"x":' + b"[" * 200_000 + b"]" * 200_000 + b"}",
    "a-very-long-number": b'{"x":' + b"1" * 10_000 + b"}",
    "a-number-that-not-every-reader-has": _SAID.replace(b'"at"', b'"seen":9007199254740992,"at"'),
    "a-vast-number-below-zero": _SAID.replace(b'"at"', b'"seen":-9007199254740992,"at"'),
    "a-name-twice": _SAID.replace(b'"party"', b'"party":"seller","party"'),
    "an-escaped-name-twice": _SAID.replace(b'"party"', b'"p\\u0061rty":"seller","party"'),
    "a-name-twice-within": _SAID.replace(b'"act":{', b'"act":{"type":"began",'),
}


@pytest.mark.parametrize("name", _NOT_PLAIN)
def test_what_is_not_plain_is_no_statement_and_no_place(name: str) -> None:
    for reads in (
        lambda data: parse(SignedStatement(statement=data, signature=b"")),
        lambda data: parse_link(
            Entry(link=data, signed=SignedStatement(statement=b"", signature=b""), signature=b"")
        ),
        lambda data: decode(data, Statement),
    ):
        read: Any = reads
        with pytest.raises(msgspec.ValidationError):
            read(_NOT_PLAIN[name])


def test_what_is_plain_is_read() -> None:
    assert decode(_SAID, Statement) == _STATEMENT
    seen = decode(_SAID.replace(b'"at"', b'"seen":9007199254740991,"at"'), Statement)
    assert seen.seen == 2**53 - 1


@pytest.mark.parametrize("number", [2**53, 2**63, -(2**53)])
def test_what_json_would_not_have_is_not_unpacked_either(number: int) -> None:
    signed = SignedStatement(statement=_SAID, signature=b"", card=number)
    item = FeedItem(envelope="", sequence=1, entry=Entry(link=b"", signed=signed, signature=b""))
    with pytest.raises(msgspec.ValidationError, match="beyond"):
        unpack(msgspec.msgpack.encode(Feed(items=(item,), cursor="1")), Feed)
    small = msgspec.structs.replace(signed, card=2**53 - 1)
    entry = msgspec.structs.replace(item.entry, signed=small)
    told = Feed(items=(msgspec.structs.replace(item, entry=entry),), cursor="1")
    assert unpack(msgspec.msgpack.encode(told), Feed) == told
