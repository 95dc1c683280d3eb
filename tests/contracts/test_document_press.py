"""What `DocumentPress` promises, kept by real workers that are killed, hung and attacked."""

import asyncio
import io
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest
from PIL import Image

from gateway.documents.errors import (
    DamagedDocumentProblem,
    DocumentTooDemandingProblem,
    SealUnusableProblem,
    StampUnusableProblem,
    WorkersUnavailableProblem,
)
from gateway.documents.model import Prepared
from gateway.documents.pool import WorkerLimits, WorkerPool
from gateway.seals.model import Picture, SealMaterial
from policies.model import OnPage
from policies.objects.seals import RoundStamp
from processes.child import Child, start_child
from processes.errors import ChannelClosedError
from tests.document_fixtures import (
    SoftSeal,
    assert_sealed,
    preparation,
    receipt,
    receipts,
    soft_seal,
)
from tests.unit.documents.drafts import hybrid_as_office_programs_write_it, one_page, stream

MIB = 1024 * 1024
CORNER = OnPage(page="last", left_mm=5, top_mm=5)
DOCUMENT = receipt("plain-roll58-line-ends-crlf")
SEAL = soft_seal()


def real() -> Child:
    return start_child("gateway.documents.worker", offline=True)


def faulty() -> Child:
    return start_child("tests.unit.documents.faulty_worker", offline=True)


@asynccontextmanager
async def workers(
    start_worker: Callable[[], Child] = real,
    *,
    count: int = 1,
    deadline_seconds: float = 15,
    max_memory_bytes: int = 1024 * MIB,
    queue_seconds: float = 60,
) -> AsyncIterator[WorkerPool]:
    limits = WorkerLimits(
        count=count,
        deadline_seconds=deadline_seconds,
        max_memory_bytes=max_memory_bytes,
        queue_seconds=queue_seconds,
    )
    async with WorkerPool(limits, start_worker=start_worker) as pool:
        yield pool


async def sealed_by(
    pool: WorkerPool, document: bytes = DOCUMENT, *, seal: SoftSeal = SEAL, number: int = 1
) -> bytes:
    prepared = await pool.prepare(
        document, preparation(CORNER, document_id=f"D{number}"), seal.material
    )
    return document + await finished(pool, document, prepared, seal)


async def finished(pool: WorkerPool, base: bytes, prepared: Prepared, seal: SoftSeal) -> bytes:
    """The final update, as the signing room has it made."""
    start, end = prepared.gap
    digest = sha256(base + prepared.update[:start] + prepared.update[end:]).digest()
    attributes = pool.to_be_signed(digest, seal.material)
    signature = seal.sign(sha256(attributes).digest())
    return await pool.complete(
        prepared, seal.material, to_be_signed=attributes, signature=signature
    )


async def valid(sealed: bytes) -> None:
    """pyHanko's validation wants an event loop of its own."""
    await asyncio.to_thread(assert_sealed, sealed)


async def told(pool: WorkerPool, fault: str) -> str:
    with pytest.raises(DamagedDocumentProblem) as caught:
        await pool.prepare(f"FAULT {fault}".encode(), preparation(CORNER), SEAL.material)
    return caught.value.detail


async def order(pool: WorkerPool, fault: str) -> None:
    await pool.prepare(f"FAULT {fault}".encode(), preparation(CORNER), SEAL.material)


async def test_every_receipt_comes_back_sealed() -> None:
    documents = [path.read_bytes() for path in receipts()]
    async with workers(count=2) as pool:
        outputs = await asyncio.gather(*(sealed_by(pool, document) for document in documents))
    for document, output in zip(documents, outputs, strict=True):
        assert output.startswith(document)
        await valid(output)


async def test_a_document_written_anew_comes_back_with_its_seal() -> None:
    asked = msgspec.structs.replace(preparation(CORNER), normalize=True)
    document = receipt("handset-a4")
    async with workers() as pool:
        first, again = await asyncio.gather(
            *(pool.prepare(document, asked, SEAL.material) for _ in range(2))
        )
        assert first == again
        assert first.normalized is not None
        assert first.facts.revisions == 1
        bare = msgspec.structs.replace(first, normalized=None)
        update = await finished(pool, first.normalized, bare, SEAL)
    await valid(first.normalized + update)


async def test_a_worker_gives_what_the_press_gives() -> None:
    async with workers() as pool:
        prepared = await pool.prepare(DOCUMENT, preparation(CORNER), SEAL.material)
    assert prepared == SEAL.prepare(DOCUMENT, CORNER)


async def test_whoever_counts_is_told_of_documents_that_went_the_second_way() -> None:
    doubts: list[str] = []
    hybrid = hybrid_as_office_programs_write_it()
    limits = WorkerLimits(
        count=1, deadline_seconds=15, max_memory_bytes=1024 * MIB, queue_seconds=60
    )
    async with WorkerPool(limits, start_worker=real, tell_doubt=doubts.append) as pool:
        for document in (DOCUMENT, hybrid, DOCUMENT):
            await pool.prepare(document, preparation(CORNER), SEAL.material)
    assert doubts == ["cross-references"]


async def test_documents_survive_the_death_of_every_worker() -> None:
    async with workers(count=2) as pool:
        before = pool.pids
        tasks = [asyncio.create_task(sealed_by(pool, number=number)) for number in range(60)]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        for number, output in enumerate(await asyncio.gather(*tasks)):
            assert b"(Seal-D%d)" % number in output
            assert output.startswith(DOCUMENT)
        await valid(tasks[-1].result())
        assert pool.restarts == 2
        assert not set(pool.pids) & set(before)


@pytest.mark.parametrize("fault", ["hang", "spin"])
async def test_a_document_that_hangs_a_worker_is_refused_and_the_next_is_sealed(fault: str) -> None:
    async with workers(faulty, deadline_seconds=2) as pool:
        hanging = asyncio.create_task(order(pool, fault))
        await asyncio.sleep(0)  # the hanging one is in hand first
        behind = [asyncio.create_task(sealed_by(pool, number=number)) for number in range(4)]
        with pytest.raises(DocumentTooDemandingProblem, match="longer than 2 s"):
            await hanging
        for output in await asyncio.gather(*behind):
            await valid(output)
        with pytest.raises(DocumentTooDemandingProblem, match="not read again"):
            await order(pool, fault)
        assert pool.restarts == 1


@pytest.mark.parametrize("how", ["SIGSEGV", "SIGKILL"])
async def test_a_document_that_ends_two_workers_is_refused_before_it_takes_a_third(
    how: str,
) -> None:
    async with workers(faulty) as pool:
        with pytest.raises(DocumentTooDemandingProblem, match="ended two workers"):
            await order(pool, f"die {how}")
        await valid(await sealed_by(pool))
        assert pool.restarts == 2


@pytest.mark.parametrize(
    "nonsense", ["wrong-number", "wrong-kind", "unknown-problem", "no-room", "unasked-content"]
)
async def test_a_worker_that_talks_nonsense_is_replaced(nonsense: str) -> None:
    async with workers(faulty) as pool:
        with pytest.raises(DocumentTooDemandingProblem, match="ended two workers"):
            await order(pool, nonsense)
        await valid(await sealed_by(pool))
        assert pool.restarts == 2


async def test_a_document_that_eats_memory_is_refused_and_the_same_worker_goes_on() -> None:
    async with workers(faulty, max_memory_bytes=768 * MIB) as pool:
        before = pool.pids
        with pytest.raises(DocumentTooDemandingProblem, match="more memory"):
            await order(pool, "hog")
        await valid(await sealed_by(pool))
        assert pool.pids == before


async def test_a_document_too_large_for_a_worker_is_refused_and_the_next_is_sealed() -> None:
    large = one_page(more={6: stream(bytes(160 * MIB))})
    async with workers(max_memory_bytes=256 * MIB) as pool:
        with pytest.raises(DocumentTooDemandingProblem):
            await pool.prepare(large, preparation(CORNER), SEAL.material)
        await valid(await sealed_by(pool))


async def test_a_worker_says_what_it_gave_up_and_has_given_it_up(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"12345")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        async with workers(faulty) as pool:
            given_up = set(pool.restrictions)
            connected = await told(pool, f"connect 127.0.0.1 {port}") == "connected"
            read = await told(pool, f"read {secret}") == "read 5 bytes"
    assert given_up >= {"memory", "inspection"}
    # The kernel may refuse to take these away; then it must not be claimed.
    assert connected == ("network" not in given_up)
    assert read == ("files" not in given_up)


async def test_every_kind_of_stamp_can_be_drawn_in_a_confined_worker() -> None:
    drawn = io.BytesIO()
    Image.new("RGBA", (300, 300), (255, 0, 0, 255)).save(drawn, "PNG", dpi=(300, 300))
    stamps: tuple[RoundStamp | Picture | None, ...] = (
        None,
        SEAL.material.stamp,
        Picture(kind="png", data=drawn.getvalue(), width_mm=20),
        RoundStamp(name="东海物流有限公司", purpose="回单专用章"),
    )
    async with workers() as pool:
        for stamp in stamps:
            await valid(await sealed_by(pool, seal=soft_seal(stamp=stamp)))


async def test_a_stamp_that_cannot_be_drawn_is_the_officers_to_mend() -> None:
    broken: list[RoundStamp | Picture] = [
        Picture(kind="svg", data=b"<svg", width_mm=20),
        Picture(kind="svg", data=b"\xff\xfe", width_mm=20),
        Picture(kind="png", data=b"\x89PNG\r\n\x1a\n", width_mm=20),
        RoundStamp(name="东海物流有限公司", color="red"),
    ]
    async with workers() as pool:
        for stamp in broken:
            material = soft_seal(stamp=stamp).material
            with pytest.raises(StampUnusableProblem, match=material.id):
                await pool.prepare(DOCUMENT, preparation(CORNER), material)
        await valid(await sealed_by(pool))
        assert pool.restarts == 0


@pytest.mark.parametrize("wrong", [{"mechanism": "ed25519"}, {"certificates": (b"no DER",)}])
async def test_a_seal_that_cannot_sign_documents_is_the_officers_to_mend(
    wrong: dict[str, object],
) -> None:
    material: SealMaterial = msgspec.structs.replace(SEAL.material, fingerprint="other", **wrong)
    async with workers() as pool:
        with pytest.raises(SealUnusableProblem, match=material.id):
            await pool.prepare(DOCUMENT, preparation(CORNER), material)
        assert pool.restarts == 0


async def test_whoever_waits_when_the_workers_end_is_told() -> None:
    async with workers(faulty) as pool:
        waiting = [asyncio.create_task(order(pool, "hang")) for _ in range(3)]
        await asyncio.sleep(0)
    for task in waiting:
        with pytest.raises(WorkersUnavailableProblem, match="ended"):
            await task


async def test_a_queue_that_does_not_move_ends_in_503() -> None:
    async with workers(faulty, queue_seconds=0.2) as pool:
        with pytest.raises(WorkersUnavailableProblem, match=r"within 0\.2 s"):
            await order(pool, "hang")


async def test_a_worker_that_does_not_start_is_an_error_at_once() -> None:
    with pytest.raises(ChannelClosedError):
        async with workers(lambda: start_child("tests.unit.documents.no_such_module")):
            pass


async def test_readiness_is_proved_by_a_running_worker() -> None:
    async with workers() as pool:
        await pool.prove_ready()
    with pytest.raises(WorkersUnavailableProblem):
        await pool.prove_ready()


async def test_seals_in_force_are_ready_before_a_document_asks_for_them() -> None:
    names = [f"seal-{number}" for number in range(9)]
    async with workers(faulty) as pool:
        pool.make_ready(msgspec.structs.replace(SEAL.material, fingerprint=name) for name in names)
        assert await loaded(pool) == {*names[:8], SEAL.material.fingerprint}
        with pytest.raises(DocumentTooDemandingProblem):
            await order(pool, "die SIGKILL")
        assert await loaded(pool) == {*names[:8], SEAL.material.fingerprint}


async def loaded(pool: WorkerPool) -> set[str]:
    with pytest.raises(DamagedDocumentProblem) as told:
        await order(pool, "loaded")
    return set(told.value.detail.split())


async def test_what_cannot_be_told_to_a_worker_keeps_nobody_waiting() -> None:
    wrong = msgspec.structs.replace(preparation(CORNER), templates=(object(),))
    async with workers() as pool:
        with pytest.raises(NotImplementedError, match="object is in no message"):
            await pool.prepare(DOCUMENT, wrong, SEAL.material)
        prepared = await pool.prepare(DOCUMENT, preparation(CORNER), SEAL.material)
    assert prepared.facts.pages == 1
