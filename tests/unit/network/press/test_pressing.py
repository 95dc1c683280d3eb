"""What a person's act makes of a document, as other people's software sees it."""

import asyncio
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pypdfium2
import pytest
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from cloud_bridge.model import Box
from cloud_bridge.network.authority import Authority
from cloud_bridge.network.press.authority import PersonAuthority
from cloud_bridge.network.press.errors import PressError
from cloud_bridge.network.press.model import Handwritten, Mark, Pressed, Ticked, Typed
from cloud_bridge.network.press.pressing import ChildPress, PressLimits
from gateway.documents.inspection.inspecting import inspect
from gateway.verification.judging import Judging
from gateway.verification.model import FileJudgement
from tests.document_fixtures import authority, soft_seal
from tests.press_here import PressHere

DOCUMENTS = Path(__file__).parents[3] / "vectors" / "documents"
NOW = datetime(2026, 11, 27, 6, 30, tzinfo=UTC)
INK = Handwritten(width=300, height=150, strokes=(((10, 100), (40, 20), (70, 120), (130, 80)),))


class StandingTime:
    def now(self) -> datetime:
        return NOW

    def monotonic(self) -> float:
        return 0.0


AUTHORITY = PersonAuthority(Authority.new("persons", network="试用网络", now=NOW), "试用网络")


def press(**limits: float) -> ChildPress:
    return ChildPress(AUTHORITY, StandingTime(), limits=PressLimits(**limits))  # type: ignore[arg-type]


def mark(name: str, ink: Handwritten | Typed | Ticked, **box: float) -> Mark:
    place = {"page": 1, "left_mm": 20, "top_mm": 200, "width_mm": 50, "height_mm": 20, **box}
    return Mark(field=name, box=Box(**place), ink=ink)  # type: ignore[arg-type]


SIGNATURE = mark("signature", INK)


async def signed(
    base: bytes, *marks: Mark, party: str = "buyer", by: ChildPress | None = None
) -> Pressed:
    writer = by or PressHere(AUTHORITY, StandingTime())
    return await writer.press(base, marks, name="张三", envelope="e-1", party=party)


async def judgement_of(document: bytes, *trust: bytes) -> FileJudgement:
    # pyHanko judges in an event loop of its own.
    later = NOW + timedelta(days=400)
    return await asyncio.to_thread(Judging(trust=trust).judge, document, now=later)


async def judged(document: bytes) -> list[tuple[str, str, str | None]]:
    """Verdict, coverage and changes of each signature, by the gateway's own verification."""
    judgement = await judgement_of(document, AUTHORITY.der)
    assert judgement.signatures, judgement
    return [(each.verdict, str(each.coverage), each.changes) for each in judgement.signatures]


def ink_in(document: bytes, page: int, box: Box) -> int:
    """How many pixels of a box on a rendered page are not white."""
    scale = 2.0
    with pypdfium2.PdfDocument(document) as opened:
        opened.init_forms()
        picture = opened[page].render(scale=scale, may_draw_forms=True).to_pil().convert("L")
    units = scale * 72 / 25.4
    cut = picture.crop(
        (
            int(box.left_mm * units),
            int(box.top_mm * units),
            int((box.left_mm + box.width_mm) * units),
            int((box.top_mm + box.height_mm) * units),
        )
    )
    return sum(cut.histogram()[:200])


@pytest.mark.parametrize(
    "name",
    [
        "contract-2-pages",
        "form-fields",
        "hybrid",
        "contract-pdf-2.0",
        "contract-300-pages-object-streams",
        "contract-linearised",
        "pdfa-2b",
        "mixed-sizes",
    ],
)
async def test_the_result_begins_with_the_base_and_verifies(name: str) -> None:
    base = (DOCUMENTS / f"{name}.pdf").read_bytes()
    pressed = await signed(base, mark("s", INK, top_mm=20, width_mm=30, height_mm=10))
    assert pressed.document.startswith(base)
    assert pressed.container.hex().encode() in pressed.document
    assert await judged(pressed.document) == [("valid", "entire-file", "none")]


async def test_other_software_finds_the_signature_valid(tmp_path: Path) -> None:
    base = (DOCUMENTS / "contract-2-pages.pdf").read_bytes()
    file = tmp_path / "signed.pdf"
    marks = (SIGNATURE, mark("text", Typed(text="货物完好"), page=-1, height_mm=8))
    file.write_bytes((await signed(base, *marks, by=press())).document)
    told = await asyncio.to_thread(
        subprocess.run, ["pdfsig", "-nocert", file], capture_output=True, text=True, check=True
    )
    assert "Signature is Valid" in told.stdout
    assert "Total document signed" in told.stdout
    assert "not signed" not in told.stdout
    assert "CN=张三,O=试用网络" in told.stdout
    await asyncio.to_thread(subprocess.run, ["qpdf", "--check", file], check=True, stdout=-3)


async def test_further_signers_leave_earlier_signatures_whole() -> None:
    document = (DOCUMENTS / "contract-2-pages.pdf").read_bytes()
    document = (await signed(document, SIGNATURE, party="buyer")).document
    other = mark("other", INK, page=2, left_mm=120)
    tick = mark("tick", Ticked(), page=1, left_mm=120)
    document = (await signed(document, other, tick, party="v.2")).document
    document = (await signed(document, party="third")).document
    assert await judged(document) == [
        ("valid", "entire-revision", "form-filling"),
        ("valid", "entire-revision", "form-filling"),
        ("valid", "entire-file", "none"),
    ]


async def test_a_document_that_a_company_has_sealed_takes_a_person_s_signature() -> None:
    base = (DOCUMENTS / "signed-approval.pdf").read_bytes()
    document = (await signed(base, mark("s", INK, top_mm=100))).document
    root = (DOCUMENTS / "signed-approval-root.pem").read_bytes()
    der = x509.load_pem_x509_certificate(root).public_bytes(Encoding.DER)
    judgement = await judgement_of(document, AUTHORITY.der, der)
    assert judgement.verdict == "valid", judgement


async def test_every_value_is_seen_at_its_place() -> None:
    base = (DOCUMENTS / "contract-2-pages.pdf").read_bytes()
    marks = (
        mark("signature", INK, page=2, left_mm=110, top_mm=230),
        mark("text", Typed(text="货物完好，签收人 Zhang San"), page=2, top_mm=120, height_mm=9),
        mark("tick", Ticked(), page=2, top_mm=140, width_mm=8, height_mm=8),
        mark("name", Typed(text="张三", signature=True), page=1, top_mm=220),
    )
    document = (await signed(base, *marks)).document
    for each in marks:
        page = each.box.page - 1
        assert ink_in(base, page, each.box) == 0
        assert ink_in(document, page, each.box) > 40, each.field


@pytest.mark.parametrize("page", [1, 2, 3, 4, 5, 6])
async def test_turned_pages_show_it_upright_where_it_was_meant(page: int) -> None:
    base = (DOCUMENTS / "mixed-sizes.pdf").read_bytes()
    # A bar that is far wider than it is high stays so only when it stands upright.
    bar = Handwritten(width=100, height=10, strokes=(((0, 5), (50, 5.01), (100, 5)),))
    place = mark("bar", bar, page=page, left_mm=8, top_mm=8, width_mm=30, height_mm=6)
    document = (await signed(base, place)).document
    middle = Box(page=page, left_mm=8, top_mm=10, width_mm=30, height_mm=2)
    assert ink_in(document, page - 1, middle) > ink_in(base, page - 1, middle) + 60


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (mark("f", Typed(text="很长" * 400)), "text"),
        (mark("f", Typed(text="好\U0001f600")), "text"),
        (mark("f", Ticked(), page=3), "page"),
        (mark("f", Ticked(), page=-3), "page"),
        (mark("f", Ticked(), top_mm=290), "page"),
    ],
)
async def test_what_cannot_be_written_is_told_with_its_field(wrong: Mark, reason: str) -> None:
    base = (DOCUMENTS / "contract-2-pages.pdf").read_bytes()
    with pytest.raises(PressError) as refused:
        await signed(base, wrong)
    assert (refused.value.reason, refused.value.field) == (reason, "f")


@pytest.mark.parametrize("base", [b"", b"no PDF at all", b"%PDF-1.7\nstartxref\n0\n%%EOF\n"])
async def test_what_is_no_document_is_refused(base: bytes) -> None:
    with pytest.raises(PressError) as refused:
        await signed(base, SIGNATURE, by=press())
    assert refused.value.reason == "document"


async def test_a_child_tells_the_field_that_cannot_be_written() -> None:
    base = (DOCUMENTS / "contract-2-pages.pdf").read_bytes()
    with pytest.raises(PressError) as refused:
        await signed(base, mark("f", Ticked(), page=3), by=press())
    assert (refused.value.reason, refused.value.field) == ("page", "f")


async def test_a_child_that_hangs_is_ended_in_time() -> None:
    hanging = ChildPress(
        AUTHORITY,
        StandingTime(),
        limits=PressLimits(deadline_seconds=0.5),
        module="tests.unit.network.press.hanging_child",
    )
    with pytest.raises(PressError) as refused:
        await hanging.press(b"%PDF-", (), name="n", envelope="e", party="p")
    assert refused.value.reason == "demanding"
    running = await asyncio.to_thread(
        subprocess.run, ["pgrep", "-f", "hanging_child"], capture_output=True, check=False
    )
    assert running.stdout == b""


def test_on_the_loop_that_the_network_runs_on_children_answer_and_are_ended_in_time() -> None:
    base = (DOCUMENTS / "contract-2-pages.pdf").read_bytes()
    assert uvloop.run(signed(base, SIGNATURE, by=press())).document.startswith(base)
    hanging = ChildPress(
        AUTHORITY,
        StandingTime(),
        limits=PressLimits(deadline_seconds=0.5),
        module="tests.unit.network.press.hanging_child",
    )
    with pytest.raises(PressError) as refused:
        uvloop.run(signed(b"%PDF-", by=hanging))
    assert refused.value.reason == "demanding"


async def test_a_child_that_needs_too_much_memory_answers_instead_of_growing() -> None:
    base = (DOCUMENTS / "contract-2-pages.pdf").read_bytes()
    with pytest.raises(PressError) as refused:
        await press(max_memory_bytes=40 * 1024 * 1024).press(
            base, (SIGNATURE,), name="n", envelope="e", party="p"
        )
    assert refused.value.reason == "demanding"


async def test_what_reads_the_document_can_neither_use_files_nor_speak(tmp_path: Path) -> None:
    secret = tmp_path / "network.key"
    secret.write_bytes(b"what the network signs with")
    program = [sys.executable, "-m", "tests.unit.network.press.confined_child"]
    with socket.create_server(("127.0.0.1", 0)) as listening:
        arguments = [str(tmp_path / "file"), str(listening.getsockname()[1]), str(secret)]
        told = await asyncio.to_thread(
            subprocess.run, [*program, *arguments], capture_output=True, text=True, check=True
        )
    assert told.stdout.splitlines() == [
        "wrote nothing",
        "read nothing",
        "reached nobody",
        "got no memory",
    ]


async def test_the_certificate_is_for_this_act_and_for_minutes() -> None:
    act = AUTHORITY.issue(name="张三", act="e-1/buyer", at=NOW)
    certificate = act.certificate
    assert certificate.not_valid_before_utc <= NOW <= certificate.not_valid_after_utc
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc < timedelta(hours=1)
    assert certificate.subject.rfc4514_string() == "2.5.4.5=e-1/buyer,CN=张三,O=试用网络"
    certificate.verify_directly_issued_by(AUTHORITY.ca.certificate)
    again = AUTHORITY.issue(name="张三", act="e-1/buyer", at=NOW)
    assert again.key.private_numbers() != act.key.private_numbers()


@pytest.mark.parametrize("pages", [1, 2])
async def test_a_company_seals_upon_a_person_s_signature(pages: int) -> None:
    base = (DOCUMENTS / "contract-2-pages.pdf").read_bytes()
    others = (mark("tick", Ticked(), page=2),)[: pages - 1]
    document = (await signed(base, SIGNATURE, *others)).document
    assert inspect(document) == ()
    sealed = soft_seal().seal(document, None)
    root = authority().certificate.public_bytes(Encoding.DER)
    judgement = await judgement_of(sealed, AUTHORITY.der, root)
    assert judgement.verdict == "valid", judgement
    assert [each.changes for each in judgement.signatures] == ["form-filling", "none"]
