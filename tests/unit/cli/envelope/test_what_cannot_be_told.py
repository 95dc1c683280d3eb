"""A transcript that is judged by the wrong key or the wrong roots: nothing false is told of it."""

import json
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cloud_bridge.envelopes.statements import NETWORK, Completed
from tests.envelope_parties import Envelope, terms_of
from tests.seals_of_companies import authority
from tests.transcript_court import Court, sealgate

_FALSE = ("NOT SENT", "NOT COMPLETED", "completed: everybody", "draft", "head")
_RAW = ("CertificateValidationError", "validation failed", "cryptography.io", "Object missing")


def completed(court: Court) -> None:
    for party in ("buyer", "seller"):
        court.made.sign(party)
    court.made.say(Completed(final=dict(court.made.state.current)), by=NETWORK)
    court.write()


def another_key() -> str:
    return Envelope(terms_of()).network.public


def give_other_roots(court: Court) -> None:
    court.roots.write_bytes(authority("Another").certificate.public_bytes(Encoding.PEM))


def test_another_networks_key_tells_nothing_of_the_envelope(court: Court) -> None:
    completed(court)
    told = court.judged("--network-key", another_key(), "-d", court.folder)
    assert told.exit_code == 2
    assert told.stdout.startswith("could not tell")
    assert "state        CANNOT BE TOLD with this key\n" in told.stdout
    assert "示例网络" in told.stdout
    assert court.made.network.public in told.stdout
    assert "sealgate network identity" in told.stdout
    assert not [each for each in _FALSE if each in told.stdout]
    report = json.loads(court.judged("--network-key", another_key(), "--json").stdout)
    assert (report["verdict"], report["status"], report["sequence"]) == ("could-not-tell", None, 0)
    assert report["comesTo"] == "CANNOT BE TOLD with this key"


def test_roots_that_vouch_for_nobody_tell_nothing_of_the_envelope(court: Court) -> None:
    completed(court)
    give_other_roots(court)
    told = court.judged("-d", court.folder)
    assert told.exit_code == 2
    assert "state        CANNOT BE TOLD with these roots\n" in told.stdout
    for words in ("买方有限公司, org-buyer", "Seller Ltd, org-seller", "--roots"):
        assert words in told.stdout
    assert not [each for each in (*_FALSE, *_RAW) if each in told.stdout]
    both = court.judged("--network-key", another_key())
    assert both.exit_code == 2
    assert "CANNOT BE TOLD with this key and these roots" in both.stdout


def test_a_file_that_only_claims_another_network_is_not_valid(court: Court) -> None:
    completed(court)
    altered = msgspec.json.decode(court.file.read_bytes())
    altered["network"]["signingKey"] = another_key()
    court.file.write_bytes(msgspec.json.encode(altered))
    told = court.judged("--network-key", court.made.network.public)
    assert told.exit_code == 1
    assert "network-signature: the file names another network's key" in told.stdout


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ("signature", "entry 2: network-signature"),
        ("statement", "entry 2: hash"),
        ("entry", "entry 2: gap"),
    ],
)
def test_what_speaks_against_it_by_any_key_is_not_valid(
    court: Court, where: str, words: str
) -> None:
    completed(court)
    altered = msgspec.json.decode(court.file.read_bytes())
    entries = altered["record"]["entries"]
    match where:
        case "signature":
            entries[1]["signature"] = "AAAA"
        case "statement":
            entries[1]["signed"] = entries[2]["signed"]
        case _:
            del entries[1]
    court.file.write_bytes(msgspec.json.encode(altered))
    told = court.judged("--network-key", another_key())
    assert told.exit_code == 1
    assert words in told.stdout
    assert not [each for each in _FALSE if each in told.stdout]


def test_what_speaks_against_it_by_any_root_is_not_valid(court: Court) -> None:
    completed(court)
    altered = msgspec.json.decode(court.file.read_bytes())
    altered["record"]["entries"][1]["signature"] = "AAAA"
    court.file.write_bytes(msgspec.json.encode(altered))
    give_other_roots(court)
    told = court.judged()
    assert told.exit_code == 1
    assert "entry 2: network-signature" in told.stdout


def test_beyond_what_does_not_hold_nothing_is_told(court: Court) -> None:
    completed(court)
    altered = msgspec.json.decode(court.file.read_bytes())
    entries = altered["record"]["entries"]
    signature, entries[0]["signature"] = entries[0]["signature"], "AAAA"
    court.file.write_bytes(msgspec.json.encode(altered))
    told = court.judged()
    assert "state        CANNOT BE TOLD: not even the first entry holds" in told.stdout
    assert "NOT SENT" not in told.stdout
    assert json.loads(court.judged("--json").stdout)["status"] is None
    entries[0]["signature"], entries[2]["signature"] = signature, "AAAA"
    court.file.write_bytes(msgspec.json.encode(altered))
    told = court.judged()
    words = "CANNOT BE TOLD beyond entry 2, the last that holds; then it was NOT COMPLETED"
    assert words in told.stdout
    assert "after the last entry in the file" not in told.stdout


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7", "it is a PDF, and no transcript"),
        (b"{}", "it is JSON of something else, and no transcript"),
        (b"-----BEGIN CERTIFICATE-----", "it is a PEM file"),
        (b"# An envelope, not sent yet.", "it is the description of an envelope"),
        (b"\xff\x00", "it is no transcript: that is a JSON file"),
        (b"", "it is empty"),
    ],
)
def test_what_is_no_transcript_is_told_in_plain_words(
    court: Court, content: bytes, words: str
) -> None:
    court.file.write_bytes(content)
    told = court.judged()
    assert told.exit_code == 2
    assert words in told.stdout
    assert "`sealgate envelope transcript ID` fetches" in told.stdout
    assert ("`sealgate verify FILE`" in told.stdout) == content.startswith(b"%PDF")
    assert not [each for each in (*_FALSE, *_RAW, "note:") if each in told.stdout]
    compared = sealgate("compare", court.file, court.file)
    assert compared.exit_code == 2
    assert f"{court.file}: {words}" in compared.stderr


def test_a_transcript_that_was_cut_off_is_told_as_damaged(court: Court) -> None:
    court.file.write_bytes(court.file.read_bytes()[:-1])
    told = court.judged()
    assert (told.exit_code, "it is a transcript that was damaged" in told.stdout) == (2, True)


def test_which_file_is_missing_is_told(court: Court, tmp_path: Path) -> None:
    missing = tmp_path / "no.json"
    told = sealgate("verify", missing, "--roots", court.roots)
    assert told.exit_code == 2
    assert f"the transcript {missing}: there is no such file" in told.stderr
    told = court.judged("-d", tmp_path / "no.pdf")
    assert told.exit_code == 2
    assert f"the document {tmp_path / 'no.pdf'}: there is no such file" in told.stderr
    court.roots.unlink()
    told = court.judged()
    assert told.exit_code == 2
    assert f"the file of roots {court.roots} cannot be read" in told.stderr
    assert "it is a folder" in sealgate("verify", court.file, "--roots", court.folder).stderr


def test_roots_that_are_no_pem_file_are_told_in_plain_words(court: Court) -> None:
    court.roots.write_bytes(b"\x30\x82")
    told = court.judged()
    assert told.exit_code == 2
    assert "-----BEGIN CERTIFICATE-----" in told.stderr
    assert not [each for each in _RAW if each in told.stderr]
    assert sealgate("verify", court.file).exit_code == 2  # nothing to judge by
