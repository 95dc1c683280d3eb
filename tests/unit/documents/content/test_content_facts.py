"""What is asked is answered, and what cannot be answered with certainty is not."""

import json
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from gateway.documents.asking import content_of as told
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.reading import read
from policies.model import ContentFacts, Invisible, OnPage
from tests.document_fixtures import RECEIPTS, preparation, receipt, receipts, soft_seal
from tests.hostile.corpus import corpus
from tests.receipts.paper import Run, paper
from tests.unit.documents.content.asked import EVERYTHING, content_of, facts_of
from tests.unit.documents.drafts import one_page

REQUESTS = {
    request["file"]: request["attributes"]
    for request in map(json.loads, (RECEIPTS / "receipts.jsonl").read_text().splitlines())
}
SCANS = [path for path in receipts() if path.name.startswith("scan-")]
TEXTS = [path for path in receipts() if not path.name.startswith("scan-")]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_every_example_receipt_says_what_its_request_says(path: Path) -> None:
    said = REQUESTS[path.name]
    parties = said["consignee"], said["carrier"], "没有的公司"
    content = content_of(path.read_bytes(), "amounts", "parties", parties=parties)
    assert content.amounts == (said["amount_cents"],)
    assert content.parties == parties[:2]


@pytest.mark.parametrize("path", SCANS, ids=lambda path: path.stem)
def test_what_a_scan_says_nobody_here_can_read(path: Path) -> None:
    content = content_of(path.read_bytes())
    assert content.asked == {"page_sizes", "earlier", "pictures"}
    assert content.pictures >= 1
    assert content.text is None


def test_where_nothing_is_asked_nothing_is_told() -> None:
    facts = soft_seal().prepare(one_page(), OnPage(page=1, left_mm=5, top_mm=5)).facts
    assert facts.content is msgspec.UNSET


def test_only_what_is_asked_is_told() -> None:
    content = content_of(paper([Run("¥1.00", 20, 20)]), "page_sizes")
    assert content == ContentFacts(asked=frozenset({"page_sizes"}), page_sizes=("210x297",))
    content = content_of(paper([Run("¥1.00", 20, 20)]), "amounts")
    assert content == ContentFacts(asked=frozenset({"amounts"}), amounts=(100,))


def test_sizes_are_those_that_a_reader_sees() -> None:
    assert content_of(paper([], [], size_mm=(210, 297), rotate=90)).page_sizes == ("297x210",) * 2
    assert content_of(receipt("plain-a4-user-unit")).page_sizes[0] == "210x297"
    cropped = one_page(page="/MediaBox[0 0 595 842]/CropBox[0 0 297.64 419.53]")
    assert content_of(cropped).page_sizes == ("105x148",)


def test_an_empty_page_says_nothing_for_certain() -> None:
    content = content_of(paper([]))
    assert content.asked == EVERYTHING
    assert (content.text, content.amounts) == ("", ())


def test_more_pages_than_are_read_leave_no_answer_about_their_text() -> None:
    pages = [[Run("¥1.00", 20, 20)]] * 50
    assert content_of(paper(*pages)).amounts == (100,)
    content = content_of(paper(*pages, [Run("¥1.00", 20, 20)]))
    assert content.asked == {"page_sizes", "earlier", "template", "fields"}
    assert content.page_sizes == ("210x297",) * 51


def test_a_sum_that_cannot_be_read_takes_the_answer_about_sums_and_no_other() -> None:
    content = content_of(paper([Run("¥1.280", 20, 20)]))
    assert content.asked == EVERYTHING - {"amounts"}
    assert content.text == "¥1.280"


def test_about_a_document_that_two_readers_read_differently_nothing_is_told() -> None:
    facts = facts_of(corpus()["a font of itself, of no length"])
    assert "ambiguous-structure" in {each.rule for each in facts.findings}
    assert facts.content == ContentFacts(asked=frozenset())


def test_what_comes_with_a_document_is_told_of_each_signature() -> None:
    first, second = soft_seal(), soft_seal("rsa-pss-sha256")
    once = first.seal(paper([Run("¥1.00", 20, 20)]), Invisible(), document_id="D1")
    twice = second.seal(once, Invisible(), document_id="D2")
    content = facts_of(twice, "earlier", "amounts", document_id="D3").content
    assert isinstance(content, ContentFacts)
    assert content.amounts == (100,)
    assert [(each.field, each.signer, each.intact) for each in content.earlier] == [
        ("Seal-D1", "东海物流有限公司", True),
        ("Seal-D2", "东海物流有限公司", True),
    ]
    assert [each.certificate for each in content.earlier] == [
        sha256(seal.material.certificates[0]).hexdigest() for seal in (first, second)
    ]


def test_a_signature_that_does_not_stand_for_its_bytes_is_not_intact() -> None:
    once = soft_seal().seal(paper([Run("1.00", 20, 20)]), Invisible())
    changed = once.replace(b"595.276", b"595.277", 1)
    assert len(changed) == len(once)
    assert changed != once
    content = facts_of(changed, "earlier", document_id="D2").content
    assert isinstance(content, ContentFacts)
    assert [each.intact for each in content.earlier] == [False]


def test_both_ways_of_reading_tell_the_same() -> None:
    for path in receipts()[::4]:
        document = path.read_bytes()
        try:
            reading = read(document)
        except InDoubtError:
            continue
        asked = msgspec.structs.replace(preparation(None), ask=EVERYTHING)
        assert told(document, asked, reading, ()) == told(document, asked, None, ())
