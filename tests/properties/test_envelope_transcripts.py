"""Whatever one changes in a transcript is found, and the entry is named."""

from datetime import timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.statements import SignedStatement
from cloud_bridge.envelopes.transcript import TranscriptFindings, read, verify
from cloud_bridge.model import SignedCard
from tests.sealing_companies import make_sealed_transcript

_TRANSCRIPT = make_sealed_transcript()
_ENTRIES = _TRANSCRIPT.envelope.entries
_NUMBERS = st.integers(1, len(_ENTRIES))


def _found(file: bytes) -> TranscriptFindings:
    return verify(
        file,
        roots=[_TRANSCRIPT.root.der],
        at=_TRANSCRIPT.envelope.now + timedelta(days=1),
        documents={},
        network_key=_TRANSCRIPT.envelope.network.public,
    )


def _faults(entries: list[Entry]) -> dict[int, str]:
    found = _found(_TRANSCRIPT.file(entries=entries))
    first: dict[int, str] = {}
    for each in found.findings:
        first.setdefault(each.entry, each.fault)
    return first


def test_the_transcript_as_it_is_holds() -> None:
    found = _found(_TRANSCRIPT.file())
    assert found.findings == ()
    assert found.network_key == "pinned"
    assert found.state == _TRANSCRIPT.envelope.state
    assert found.believed == {"org-buyer": "买方有限公司", "org-seller": "Seller Ltd"}


def _changed(data: st.DataObject, original: bytes) -> bytes:
    place = data.draw(st.integers(0, len(original) - 1), label="place")
    bit = data.draw(st.integers(0, 7), label="bit")
    changed = bytearray(original)
    changed[place] ^= 1 << bit
    return bytes(changed)


@settings(max_examples=60)
@given(data=st.data(), number=_NUMBERS, part=st.sampled_from(["link", "signature"]))
def test_a_changed_place_is_named_with_its_entry(
    data: st.DataObject, number: int, part: str
) -> None:
    entries = list(_ENTRIES)
    entry = entries[number - 1]
    change: dict[str, Any] = {part: _changed(data, getattr(entry, part))}
    entries[number - 1] = msgspec.structs.replace(entry, **change)
    assert _faults(entries) == {number: "network-signature"}


@settings(max_examples=60)
@given(data=st.data(), number=_NUMBERS, part=st.sampled_from(["statement", "signature"]))
def test_a_changed_statement_is_named_with_its_entry(
    data: st.DataObject, number: int, part: str
) -> None:
    entries = list(_ENTRIES)
    entry = entries[number - 1]
    change: dict[str, Any] = {part: _changed(data, getattr(entry.signed, part))}
    signed = msgspec.structs.replace(entry.signed, **change)
    entries[number - 1] = msgspec.structs.replace(entry, signed=signed)
    assert _faults(entries) == {number: "hash"}


@settings(max_examples=60)
@given(number=_NUMBERS, other=_NUMBERS)
def test_a_statement_in_anothers_place_is_named(number: int, other: int) -> None:
    entries = list(_ENTRIES)
    here, there = entries[number - 1], entries[other - 1]
    entries[number - 1] = msgspec.structs.replace(here, signed=there.signed)
    entries[other - 1] = msgspec.structs.replace(there, signed=here.signed)
    assert _faults(entries) == ({} if number == other else dict.fromkeys((number, other), "hash"))


@settings(max_examples=60)
@given(number=st.integers(1, len(_ENTRIES) - 1))
def test_a_dropped_entry_leaves_a_gap_where_it_was(number: int) -> None:
    entries = list(_ENTRIES)
    del entries[number - 1]
    assert _faults(entries) == {number: "gap"}


@settings(max_examples=60)
@given(number=_NUMBERS, again=_NUMBERS)
def test_an_entry_that_is_told_again_is_named(number: int, again: int) -> None:
    entries = list(_ENTRIES)
    entries.insert(again, entries[number - 1])
    faults = _faults(entries)
    assert set(faults.values()) <= {"order", "gap"}
    twin_follows = number == again + 1  # of two alike, the second is the one too many
    assert min(faults) == (again + 2 if twin_follows else again + 1)


@settings(max_examples=60)
@given(number=_NUMBERS, other=_NUMBERS)
def test_entries_in_another_order_are_named(number: int, other: int) -> None:
    entries = list(_ENTRIES)
    entries[number - 1], entries[other - 1] = entries[other - 1], entries[number - 1]
    faults = _faults(entries)
    assert bool(faults) == (number != other)
    if faults:
        assert min(faults) == min(number, other)
        assert set(faults.values()) <= {"order", "gap"}


@settings(max_examples=60)
@given(data=st.data(), which=st.integers(0, 1), part=st.sampled_from(["card", "proof"]))
def test_a_changed_card_is_not_believed(data: st.DataObject, which: int, part: str) -> None:
    cards = list(_TRANSCRIPT.cards)
    change = {part: _changed(data, getattr(cards[which], part))}
    cards[which] = msgspec.structs.replace(cards[which], **change)
    found = _found(_TRANSCRIPT.file(cards=tuple(cards)))
    if found.holds:  # bytes of the proof that nothing depends on, such as a length's spelling
        assert part == "proof"
        assert found.state == _TRANSCRIPT.envelope.state
    else:
        assert {each.fault for each in found.findings} == {"card-untrusted", "card-unknown"}


@settings(max_examples=60)
@given(data=st.data())
def test_no_changed_byte_of_the_file_changes_what_is_believed(data: st.DataObject) -> None:
    file = _changed(data, _TRANSCRIPT.file())
    found = _found(file)
    if found.holds:
        record = read(file).record
        assert (record.entries, record.terms) == (tuple(_ENTRIES), _TRANSCRIPT.envelope.terms)


@settings(max_examples=60)
@given(junk=st.binary(max_size=300))
def test_nothing_that_somebody_sends_makes_verifying_fail(junk: bytes) -> None:
    assert not _found(junk).holds
    entry = Entry(link=junk, signed=SignedStatement(statement=junk, signature=junk), signature=junk)
    cards = (SignedCard(card=junk, proof=junk),)
    assert not _found(_TRANSCRIPT.file(entries=[entry], cards=cards)).holds
