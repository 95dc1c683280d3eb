"""What counts as a document with one signature more, and every way in which a partner may cheat."""

import asyncio
import hashlib
import io
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.sign import fields

from gateway.clock import SystemClock
from gateway.verification.judging import Judging
from gateway.verification.model import AskedRevision, RevisionJudgement
from gateway.verification.revising import judge_revision
from gateway.verification.verifier import Verifier, VerifierLimits
from policies.model import AcrossPages, IntoField, Invisible, OnPage, Placement, Several
from tests.document_fixtures import SIGNED_AT, Picture, receipt, receipts
from tests.hostile.samples import TEXT
from tests.partners import partner, trusted_root, update_of
from tests.unit.documents.drafts import one_page

BASE = receipt("chromium-a4-outline-2-pages")
WEST = partner()
NAME = "西山制造有限公司"
LATER = SIGNED_AT + timedelta(minutes=1)


def asked(base: bytes = BASE, **more: object) -> AskedRevision:
    said = {"trust": (trusted_root().der,), "name": NAME, "at": LATER, **more}
    return AskedRevision(base_bytes=len(base), **said)  # type: ignore[arg-type]


def judge(document: bytes, base: bytes = BASE, **more: object) -> RevisionJudgement:
    """As the child would, without its process."""
    if not document.startswith(base):
        return in_its_process(document, base, **more)
    return judge_revision(document, asked(base, **more))


def in_its_process(document: bytes, base: bytes = BASE, **more: object) -> RevisionJudgement:
    async def judge() -> RevisionJudgement:
        async with Verifier(trust=(), clock=SystemClock()) as verifier:
            return await verifier.judge_revision(base, document, asked(base, **more))

    return asyncio.run(judge())


def now_asked() -> dict[str, object]:
    """For what another program signed, at the time of this machine."""
    return {"at": SystemClock().now() + timedelta(minutes=1)}


PLACEMENTS: dict[str, Placement] = {
    "one stamp": OnPage(page=1, left_mm=20, top_mm=20),
    "none that is seen": Invisible(),
    "two stamps": Several(
        placements=(
            OnPage(page=1, left_mm=10, top_mm=10),
            OnPage(page="last", left_mm=50, top_mm=10),
        )
    ),
    "across the pages": AcrossPages(edge="right"),
}


@pytest.mark.parametrize("placement", PLACEMENTS.values(), ids=PLACEMENTS.keys())
def test_a_seal_and_nothing_else_is_accepted_and_tells_whose_it_is(placement: Placement) -> None:
    judgement = judge(WEST.sealed(BASE, placement))
    assert judgement.fault is None, judgement.why
    (added,) = judgement.added
    assert added.names == (NAME, "合同专用章")
    assert added.claimed_at == SIGNED_AT
    assert added.certificate.not_after > LATER


@pytest.mark.parametrize("path", receipts(), ids=lambda path: path.stem)
def test_every_program_whose_papers_we_know_gives_a_base_that_can_be_signed(path: object) -> None:
    base = path.read_bytes()  # type: ignore[attr-defined]
    judgement = judge(WEST.sealed(base), base)
    assert judgement.fault is None, judgement.why


def test_a_partner_may_sign_with_another_program() -> None:
    judgement = judge(WEST.signed(update_of(BASE)), **now_asked())
    assert judgement.fault is None, judgement.why
    assert judgement.added[0].field == "Partner"


def test_another_program_may_sign_upon_what_ours_has_signed() -> None:
    once = partner("东海物流有限公司").sealed(BASE, id="P0")
    judgement = judge(WEST.signed(update_of(once)), once, **now_asked())
    assert judgement.fault is None, judgement.why


def test_the_second_company_signs_on_what_the_first_has_signed() -> None:
    east = partner("东海物流有限公司")
    once = east.sealed(BASE, id="P0")
    judgement = judge(WEST.sealed(once, OnPage(page=1, left_mm=90, top_mm=20)), once)
    assert judgement.fault is None, judgement.why
    assert [each.names[0] for each in judgement.added] == [NAME]


def test_an_earlier_signature_of_a_kind_that_nobody_judges_is_no_added_one() -> None:
    once = partner("东海物流有限公司").sealed(BASE, id="P0")
    unknown = once.replace(b"/ETSI.CAdES.detached", b"/ETSI.XAdES.detached")
    assert unknown != once
    judgement = judge(WEST.signed(update_of(unknown)), unknown, **now_asked())
    assert judgement.fault is None, judgement.why
    assert [each.field for each in judgement.added] == ["Partner"]


def test_a_signature_that_an_earlier_one_does_not_allow_is_refused() -> None:
    """Stamps besides the signature's own are no part of a signature, for what is signed already."""
    once = partner("东海物流有限公司").sealed(BASE, id="P0")
    writer = update_of(once)
    stamp(writer, side=50)
    judgement = judge(WEST.signed(writer), once, **now_asked())
    assert judgement.fault == "earlier-broken"
    alone = update_of(BASE)
    stamp(alone, side=50)
    assert judge(WEST.signed(alone), **now_asked()).fault is None


@pytest.mark.parametrize("path", [*receipts()[1::6]], ids=lambda path: path.stem)
def test_what_is_accepted_upon_a_signature_is_valid_for_whoever_verifies_both(path: object) -> None:
    east = partner("东海物流有限公司")
    once = east.sealed(path.read_bytes(), id="P0")  # type: ignore[attr-defined]
    twice = WEST.sealed(once, OnPage(page=1, left_mm=20, top_mm=20))
    assert judge(twice, once).fault is None
    found = Judging(trust=(trusted_root().der,)).judge(twice, now=LATER)
    assert found.verdict == "valid", found


def test_seals_of_one_company_may_follow_one_another_where_that_was_told() -> None:
    twice = WEST.sealed(WEST.sealed(BASE), OnPage(page=1, left_mm=90, top_mm=20), id="P2")
    assert judge(twice).fault == "more-signatures"
    judgement = judge(twice, most=2)
    assert judgement.fault is None, judgement.why
    assert [each.field for each in judgement.added] == ["Seal-P1", "Seal-P2"]


def test_the_container_and_field_must_be_those_that_were_told() -> None:
    document = WEST.sealed(BASE)
    (added,) = judge(document).added
    told = hashlib.sha256(added.container).hexdigest()
    assert judge(document, container=told, field="Seal-P1").fault is None
    assert judge(document, container=hashlib.sha256(b"").hexdigest()).fault == "other-container"
    assert judge(document, field="Seal-P2").fault == "other-field"


# Whose it is, and when


def test_a_signature_by_another_company_is_refused() -> None:
    judgement = judge(partner("北岭贸易有限公司").sealed(BASE))
    assert judgement.fault == "other-name"
    assert "北岭贸易有限公司" in judgement.why


def test_a_second_signature_by_somebody_else_is_refused() -> None:
    second = partner("北岭贸易有限公司").sealed(
        WEST.sealed(BASE), OnPage(page=1, left_mm=90, top_mm=20), id="P2"
    )
    assert judge(second).fault == "more-signatures"
    assert judge(second, most=2).fault == "other-name"


def test_a_certificate_in_the_right_name_from_an_authority_that_nobody_trusts_is_refused() -> None:
    forger = partner(NAME, root="自封的根")
    judgement = judge(forger.sealed(BASE))
    assert judgement.fault == "untrusted"
    assert "自封的根" in judgement.why


def test_an_expired_certificate_is_refused() -> None:
    expired = partner(NAME, until=SIGNED_AT - timedelta(days=1))
    assert judge(expired.sealed(BASE)).fault == "expired"


def test_dating_a_signature_back_does_not_help_an_expired_certificate() -> None:
    expired = partner(NAME, until=SIGNED_AT - timedelta(days=1))
    document = expired.sealed(BASE, at=SIGNED_AT - timedelta(days=2))
    assert judge(document).fault == "expired"


def test_a_signature_from_tomorrow_is_refused() -> None:
    assert judge(WEST.sealed(BASE, at=SIGNED_AT + timedelta(days=1))).fault == "time"


@pytest.mark.parametrize(
    ("name", "is_theirs"),
    [("西山制造 有限公司", True), ("ACME（华东）Ltd", False), ("西山制造", False), ("", False)],
)
def test_names_are_compared_whole(name: str, *, is_theirs: bool) -> None:
    assert (judge(WEST.sealed(BASE), name=name).fault is None) == is_theirs


def test_brackets_count_the_same_in_both_widths() -> None:
    document = partner("华东(上海)贸易有限公司").sealed(BASE)
    assert judge(document, name="华东（上海）贸易有限公司").fault is None


@pytest.mark.parametrize("odd", [{"is_authority": True}, {"curve": ec.SECP192R1}], ids=str)
def test_a_certificate_that_no_court_would_take_is_refused(odd: dict[str, Any]) -> None:
    """`sealgate envelope verify` refuses it, and a partner could deny the contract by that."""
    document = partner(NAME, **odd).signed(update_of(BASE))
    assert judge(document, **now_asked()).fault == "untrusted"


# What else it does to the document


def test_an_altered_page_is_refused() -> None:
    altered = BASE.replace(b"stream\n", b"stream ", 1)
    assert judge(WEST.sealed(altered)).fault == "other-base"


def test_a_document_rewritten_with_an_extra_page_is_refused() -> None:
    assert judge(WEST.sealed(receipt("chromium-a4-301"))).fault == "other-base"


def test_a_revision_that_is_not_signed_is_refused() -> None:
    assert judge(BASE).fault == "unsigned"
    assert judge(BASE + b"\n% signed, believe me\n").fault in ("unsigned", "unreadable")


def test_a_truncated_revision_is_refused() -> None:
    document = WEST.sealed(BASE)
    for short in range(1, len(document) - len(BASE), 2500):
        assert judge(document[:-short]).fault is not None


def test_bytes_behind_the_signature_are_refused() -> None:
    assert judge(WEST.sealed(BASE) + b"\n% more").fault == "not-whole"


def test_every_changed_byte_of_the_update_is_refused() -> None:
    document = bytearray(WEST.sealed(BASE))
    container = document.index(b"/Contents <", len(BASE))
    for at in (len(BASE) + 30, container - 40, container + 900, len(document) - 60):
        changed = bytearray(document)
        changed[at] ^= 1
        assert judge(bytes(changed)).fault is not None, at


def page_of(writer: object, index: int = 0) -> generic.DictionaryObject:
    return writer.root["/Pages"]["/Kids"][index]  # type: ignore[attr-defined,no-any-return]


def extra_page(writer: object) -> None:
    pages = writer.root["/Pages"]  # type: ignore[attr-defined]
    page = generic.DictionaryObject(dict(page_of(writer)))
    pages["/Kids"].append(writer.add_object(page))  # type: ignore[attr-defined]
    pages["/Count"] = generic.NumberObject(3)
    writer.update_container(pages)  # type: ignore[attr-defined]


def other_content(writer: object) -> None:
    page = page_of(writer)
    stream = generic.StreamObject(stream_data=b"0 0 100 100 re f")
    page["/Contents"] = writer.add_object(stream)  # type: ignore[attr-defined]
    writer.update_container(page)  # type: ignore[attr-defined]


def rewritten_content(writer: object) -> None:
    content = page_of(writer)["/Contents"]
    if isinstance(content, generic.ArrayObject):
        content = content[0]
    content._data = b"0 0 100 100 re f"
    content._encoded_data = None
    writer.update_container(content)  # type: ignore[attr-defined]


def turned_page(writer: object) -> None:
    page = page_of(writer)
    page["/Rotate"] = generic.NumberObject(180)
    writer.update_container(page)  # type: ignore[attr-defined]


def note(writer: object) -> None:
    page = page_of(writer)
    found = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/FreeText"),
            pdf_name("/Contents"): generic.TextStringObject("金额 9,999,999.00"),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (100, 100, 300, 140))),
        }
    )
    page["/Annots"] = generic.ArrayObject([writer.add_object(found)])  # type: ignore[attr-defined]
    writer.update_container(page)  # type: ignore[attr-defined]


def stamp(writer: object, *, side: int, **more: object) -> None:
    page = page_of(writer)
    found = generic.DictionaryObject(
        {
            pdf_name("/Type"): pdf_name("/Annot"),
            pdf_name("/Subtype"): pdf_name("/Stamp"),
            pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (0, 0, side, side))),
            **{pdf_name(f"/{key}"): value for key, value in more.items()},
        }
    )
    known = [*page["/Annots"]] if "/Annots" in page else []
    known = [page["/Annots"].raw_get(index) for index in range(len(known))]
    page["/Annots"] = generic.ArrayObject([*known, writer.add_object(found)])  # type: ignore[attr-defined]
    writer.update_container(page)  # type: ignore[attr-defined]


def sheet(writer: object) -> None:
    stamp(writer, side=500)


def layer(writer: object) -> None:
    group = generic.DictionaryObject(
        {pdf_name("/Type"): pdf_name("/OCG"), pdf_name("/Name"): generic.TextStringObject("x")}
    )
    stamp(writer, side=50, OC=writer.add_object(group))  # type: ignore[attr-defined]


def script(writer: object) -> None:
    action = generic.DictionaryObject(
        {
            pdf_name("/S"): pdf_name("/JavaScript"),
            pdf_name("/JS"): generic.TextStringObject("app.alert(1)"),
        }
    )
    writer.root["/OpenAction"] = writer.add_object(action)  # type: ignore[attr-defined]
    writer.update_root()  # type: ignore[attr-defined]


def text_field(writer: object) -> None:
    found = generic.DictionaryObject(
        {
            pdf_name("/FT"): pdf_name("/Tx"),
            pdf_name("/T"): generic.TextStringObject("amount"),
            pdf_name("/V"): generic.TextStringObject("1"),
        }
    )
    form = generic.DictionaryObject(
        {pdf_name("/Fields"): generic.ArrayObject([writer.add_object(found)])}  # type: ignore[attr-defined]
    )
    writer.root["/AcroForm"] = writer.add_object(form)  # type: ignore[attr-defined]
    writer.update_root()  # type: ignore[attr-defined]


def other_title(writer: object) -> None:
    writer.set_info(  # type: ignore[attr-defined]
        generic.DictionaryObject({pdf_name("/Title"): generic.TextStringObject("另一份合同")})
    )


CHANGES = {
    extra_page: "page-added",
    other_content: "page-changed",
    rewritten_content: "content-changed",
    turned_page: "page-changed",
    note: "annotation",
    sheet: "too-large-a-stamp",
    layer: "hidden",
    script: "content-changed",
    text_field: "form-changed",
    other_title: "content-changed",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_in_the_update_that_signs_is_refused_by_its_name(change: object) -> None:
    writer = update_of(BASE)
    change(writer)  # type: ignore[operator]
    judgement = judge(WEST.signed(writer), **now_asked())
    assert judgement.fault == CHANGES[change], judgement.why  # type: ignore[index]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_before_the_update_that_signs_is_refused_as_well(change: object) -> None:
    writer = update_of(BASE)
    change(writer)  # type: ignore[operator]
    out = io.BytesIO()
    writer.write(out)
    judgement = judge(WEST.sealed(out.getvalue()))
    assert judgement.fault not in (None, "could-not-tell"), judgement.why


def test_a_change_over_what_another_has_signed_is_refused() -> None:
    once = partner("东海物流有限公司").sealed(BASE, id="P0")
    writer = update_of(once)
    note(writer)
    assert judge(WEST.signed(writer), once, **now_asked()).fault == "annotation"


def test_a_stamp_as_large_as_a_page_is_refused() -> None:
    large = Picture(kind="svg", data=_SHEET, width_mm=140)
    judgement = judge(WEST.sealed(BASE, stamp=large))
    assert judgement.fault == "too-large-a-stamp"
    assert judge(WEST.sealed(BASE, stamp=large), largest_mm=150.0).fault is None


_SHEET = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10">'
    b'<rect width="10" height="10" fill="#ffffff"/></svg>'
)


def test_content_that_was_hidden_in_the_base_cannot_be_brought_out() -> None:
    """Hide and replace (shadow attack): the update points the pages at objects that lay unused."""
    writer = update_of(BASE)
    shadow = generic.StreamObject(stream_data=b"BT ET")
    number = writer.add_object(shadow)
    out = io.BytesIO()
    writer.write(out)
    prepared = out.getvalue()
    second = update_of(prepared)
    page = page_of(second)
    page["/Contents"] = generic.IndirectObject(number.idnum, 0, second)
    second.update_container(page)
    judgement = judge(WEST.signed(second), prepared, **now_asked())
    assert judgement.fault == "page-changed"


def test_an_update_that_leaves_the_base_out_is_refused() -> None:
    """The chain of cross-references must lead over the base's own, or another document is read."""
    document = WEST.sealed(BASE)
    previous = b"/Prev %d" % int(BASE.rsplit(b"startxref", 1)[1].split()[0])
    cut = document[: len(BASE)] + document[len(BASE) :].replace(previous, b" " * len(previous))
    assert judge(cut).fault in ("unsigned", "unreadable")


def test_the_confined_process_judges_revisions_as_well() -> None:
    async def judge() -> list[RevisionJudgement]:
        other = partner("北岭贸易有限公司").sealed(BASE)
        async with Verifier(trust=(), clock=SystemClock()) as verifier:
            return await asyncio.gather(
                verifier.judge_revision(BASE, WEST.sealed(BASE), asked()),
                verifier.judge_revision(BASE, other, asked()),
            )

    accepted, refused = asyncio.run(judge())
    assert accepted.fault is None, accepted.why
    assert refused.fault == "other-name"


def test_what_is_too_large_could_not_be_told_and_does_not_count() -> None:
    async def judge() -> RevisionJudgement:
        limits = VerifierLimits(max_document_bytes=100)
        async with Verifier(trust=(), clock=SystemClock(), limits=limits) as verifier:
            return await verifier.judge_revision(BASE, WEST.sealed(BASE), asked())

    assert asyncio.run(judge()).fault == "could-not-tell"


# What lies under the stamps


UPON_A_LINE = OnPage(page=1, left_mm=40, top_mm=40)
LINE = one_page(TEXT)


def test_a_stamp_over_text_is_told_and_one_beside_it_is_not() -> None:
    judgement = judge(WEST.sealed(LINE, UPON_A_LINE), LINE)
    assert (judgement.fault, judgement.over_text) == (None, "page 1 has a text under the stamp")
    beside = judge(WEST.sealed(LINE, OnPage(page=1, left_mm=40, top_mm=150)), LINE)
    assert (beside.fault, beside.over_text) == (None, "")
    unseen = judge(WEST.sealed(LINE, Invisible()), LINE)
    assert (unseen.fault, unseen.over_text) == (None, "")


def test_a_stamp_that_was_there_before_is_not_told_again_and_hides_no_new_one() -> None:
    once = partner("东海物流有限公司").sealed(LINE, UPON_A_LINE, id="P0")
    beside = judge(WEST.sealed(once, OnPage(page=1, left_mm=40, top_mm=150)), once)
    assert (beside.fault, beside.over_text) == (None, "")
    over_it = judge(WEST.sealed(once, UPON_A_LINE), once)
    assert (over_it.fault, over_it.over_text) == (None, "page 1 has a text under the stamp")


def test_a_stamp_besides_the_signature_is_looked_under_as_well() -> None:
    beside = OnPage(page=1, left_mm=120, top_mm=200)
    both = judge(WEST.sealed(LINE, Several(placements=(beside, UPON_A_LINE))), LINE)
    assert (both.fault, both.over_text) == (None, "page 1 has a text under the stamp")


def test_a_field_that_was_there_is_looked_under_once_it_is_signed() -> None:
    writer = update_of(LINE)
    fields.append_signature_field(writer, fields.SigFieldSpec("Buyer", box=(100, 690, 200, 740)))
    out = io.BytesIO()
    writer.write(out)
    base = out.getvalue()
    judgement = judge(WEST.sealed(base, IntoField(field="Buyer")), base)
    assert (judgement.fault, judgement.over_text) == (None, "page 1 has a text under the stamp")


def test_what_a_person_fills_in_lies_over_text_and_that_is_not_told() -> None:
    judgement = judge(WEST.sealed(LINE, UPON_A_LINE), LINE, name="合同专用章", is_person=True)
    assert (judgement.fault, judgement.over_text) == (None, "")


def test_nobody_looks_under_stamps_where_that_is_not_asked() -> None:
    judgement = judge(WEST.sealed(LINE, UPON_A_LINE), LINE, looks_under=False)
    assert (judgement.fault, judgement.over_text) == (None, "")
