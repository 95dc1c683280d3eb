"""A transcript at court: nobody to ask, no gateway, no network, and what it proves and what not."""

import base64
import json

import msgspec
import pytest

from cloud_bridge.envelopes import transcript
from cloud_bridge.envelopes.statements import (
    NETWORK,
    Act,
    Completed,
    Declined,
    Expired,
    Voided,
    Withdrawn,
)
from tests.envelope_parties import PAPER, Envelope, terms_of
from tests.transcript_court import Court, sealgate


def test_what_holds_is_told_with_who_said_it(court: Court) -> None:
    told = court.judged("--network-key", court.made.network.public, "-d", court.folder)
    assert told.exit_code == 0, told.stdout
    for words in (
        *("valid", "采购合同", "signing, after entry 1"),
        *("believed     买方有限公司, org-buyer", "as the file that was given"),
    ):
        assert words in told.stdout
    assert "network's key was taken from the file" not in told.stdout


def test_a_network_that_only_the_file_knows_is_told_as_such(court: Court) -> None:
    told = court.judged("--json")
    assert told.exit_code == 0
    report = json.loads(told.stdout)
    assert (report["verdict"], report["networkKey"]) == ("valid", "file")
    assert any("taken from the file" in each for each in report["caveats"])


def test_the_end_of_an_envelope_is_in_it(court: Court) -> None:
    for party in ("buyer", "seller"):
        court.made.sign(party)
    court.made.say(Completed(final=dict(court.made.state.current)), by=NETWORK)
    court.write()
    report = json.loads(court.judged("--json").stdout)
    assert report["status"] == "completed"
    assert [each["state"] for each in report["parties"]] == ["signed", "signed"]
    assert report["head"] == court.made.state.head


AGREEMENT = "99999999-2222-4333-8444-555555555555"


def signed_by_both(court: Court) -> None:
    for party in ("buyer", "seller"):
        court.made.sign(party)
    court.made.say(Completed(final=dict(court.made.state.current)), by=NETWORK)


def test_a_contract_that_was_declared_void_is_told_as_void(court: Court) -> None:
    signed_by_both(court)
    court.made.say(Voided(by=AGREEMENT), by=NETWORK)
    court.write()
    told = court.judged()
    assert told.exit_code == 0  # everything in it holds; what it comes to is another question
    assert f"state        VOID: it was completed, and then cancelled by envelope {AGREEMENT}" in (
        told.stdout
    )
    assert "is the network's word" in told.stdout
    report = json.loads(court.judged("--json").stdout)
    assert (report["status"], report["voidedBy"]) == ("voided", AGREEMENT)
    assert report["comesTo"].startswith("VOID")


def test_a_contract_that_is_completed_is_told_so_as_of_its_last_entry(court: Court) -> None:
    signed_by_both(court)
    court.write()
    told = court.judged()
    assert "state        completed: everybody has signed" in told.stdout
    assert "ask a party or the network for a transcript of today" in told.stdout
    report = json.loads(court.judged("--json").stdout)
    assert (report["voidedBy"], report["voids"]) == (None, None)


@pytest.mark.parametrize(
    ("act", "by", "party", "words"),
    [
        (Declined(reason="policy"), "org-seller", "seller", "DECLINED by seller"),
        (Withdrawn(reason="mistake"), "org-buyer", "", "WITHDRAWN by who sent it"),
        (Expired(), NETWORK, "", "EXPIRED before everybody had signed"),
    ],
    ids=["declined", "withdrawn", "expired"],
)
def test_a_contract_that_came_to_nothing_is_not_taken_for_one(
    court: Court, act: Act, by: str, party: str, words: str
) -> None:
    court.made.sign("buyer")
    if isinstance(act, Expired):
        court.made.now = court.made.state.terms.expires_at
    court.made.say(act, by=by, party=party)
    court.write()
    told = court.judged()
    assert f"state        {words}" in told.stdout
    assert "completed: everybody has signed" not in told.stdout


def test_who_has_still_to_sign_is_told(court: Court) -> None:
    court.made.sign("buyer")
    court.write()
    assert "state        NOT COMPLETED: seller had not signed" in court.judged().stdout


def test_a_cancellation_agreement_says_what_it_cancels(court: Court) -> None:
    court.made = Envelope(terms_of(voids=AGREEMENT)).send()
    court.write()
    assert f"cancellation agreement: where it is completed, envelope {AGREEMENT} is void" in (
        court.judged().stdout
    )


def test_an_entry_that_was_left_out_is_named(court: Court) -> None:
    for party in ("buyer", "seller"):
        court.made.sign(party)
    del court.made.entries[1]
    court.write()
    told = court.judged()
    assert told.exit_code == 1
    assert "NOT VALID" in told.stdout
    assert "entry 2: gap" in told.stdout


def test_another_document_is_named(court: Court) -> None:
    (court.folder / "合同.pdf").write_bytes(PAPER + b"!")
    told = court.judged("-d", court.folder / "合同.pdf")
    assert told.exit_code == 1
    assert "document: 合同.pdf: it has digest" in told.stdout


def test_a_document_from_before_the_signatures_is_told_as_that(court: Court) -> None:
    court.made.sign("buyer")
    court.write()
    told = court.judged("-d", court.folder / "合同.pdf")
    assert told.exit_code == 1
    assert "合同.pdf: this is the document as it was sent, before any signature" in told.stdout


def test_a_document_that_lacks_the_last_signature_is_told_as_that(court: Court) -> None:
    court.made.sign("buyer")
    court.made.sign("seller")
    court.write()
    (court.folder / "合同.pdf").write_bytes("合同.pdf signature 1".encode())
    told = court.judged("-d", court.folder / "合同.pdf")
    assert told.exit_code == 1
    assert "合同.pdf: this is the document after signature 1 of 2" in told.stdout


def test_a_document_of_another_name_is_known_by_its_digest(court: Court) -> None:
    renamed = (court.folder / "合同.pdf").rename(court.folder / "signed.pdf")
    told = court.judged("-d", renamed)
    assert told.exit_code == 0, told.stdout
    assert "as the file that was given" in told.stdout
    renamed.write_bytes(b"%PDF-1.7 another")
    told = court.judged("-d", renamed)
    assert told.exit_code == 1
    assert "signed.pdf: the envelope has no document of that name, and none with its digest" in (
        told.stdout
    )


def test_what_is_no_key_of_a_network_is_not_tried_as_one(court: Court) -> None:
    told = court.judged("--network-key", "foo")
    assert told.exit_code == 2
    assert "'foo' is no key: 43 characters" in told.stderr.replace("\n", " ")


def test_a_title_that_would_move_the_cursor_is_shown_harmless(court: Court) -> None:
    told = transcript.read(court.file.read_bytes())
    terms = msgspec.json.encode(terms_of(title="\x1b[2K valid \u202e"))
    record = msgspec.structs.replace(told.record, terms=terms)
    court.file.write_bytes(transcript.write(told.network, record))
    judged = court.judged()
    assert judged.exit_code == 1
    assert "valid" in judged.stdout
    assert "\x1b" not in judged.stdout


def test_two_that_are_the_same_are_the_same(court: Court) -> None:
    other = court.folder / "b.json"
    other.write_bytes(court.file.read_bytes())
    told = sealgate("compare", court.file, other)
    assert (told.exit_code, told.stdout) == (0, "the same\n")


def test_where_two_differ_first_is_told(court: Court) -> None:
    other = court.folder / "b.json"
    other.write_bytes(court.file.read_bytes())
    court.made.sign("buyer")
    court.write()
    told = sealgate("compare", court.file, other)
    assert told.exit_code == 1
    assert "missing: theirs ends before entry 2" in told.stdout
    forked = msgspec.json.decode(other.read_bytes())
    forked["record"]["entries"][0]["signature"] = "AAAA"
    other.write_bytes(msgspec.json.encode(forked))
    assert (
        "changed: theirs does not hold at entry 1" in sealgate("compare", court.file, other).stdout
    )
    other.write_bytes(b"[]")
    assert sealgate("compare", court.file, other).exit_code == 2


@pytest.mark.parametrize(
    "terms", [b"[" * 200_000, b'{"documents":[{"name":"%b"}]}' % (b"a" * 5000), b"\xff"]
)
def test_terms_that_no_file_can_have_been_of_are_judged_beside_a_folder(
    court: Court, terms: bytes
) -> None:
    altered = json.loads(court.file.read_bytes())
    altered["record"]["terms"] = base64.b64encode(terms).decode()
    court.file.write_text(json.dumps(altered))
    told = court.judged("-d", court.folder)
    assert (told.exit_code, told.exception.__class__) == (1, SystemExit), told.stdout
    assert "NOT VALID" in told.stdout
