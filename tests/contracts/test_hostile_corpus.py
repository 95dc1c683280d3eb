"""Hundreds of hostile files through real workers: refused or prepared, and no worker is lost."""

import asyncio
from typing import get_args

import msgspec
import pytest

from gateway.documents.errors import DocumentProblem
from gateway.documents.pool import WorkerLimits, WorkerPool
from policies.model import BesideKeyword, Fact, Invisible, OnPage, Placement
from processes.child import start_child
from tests.document_fixtures import preparation, soft_seal
from tests.hostile.corpus import corpus

SEAL = soft_seal()
NOTHING: frozenset[Fact] = frozenset()
PLACEMENTS: tuple[tuple[Placement, bool, frozenset[Fact]], ...] = (
    (OnPage(page=1, left_mm=5, top_mm=5), False, NOTHING),
    (BesideKeyword(keyword="Payment"), False, NOTHING),
    (OnPage(page="last", left_mm=5, top_mm=5), True, NOTHING),
    (Invisible(), False, frozenset(get_args(Fact))),
)
_LIMITS = WorkerLimits(
    count=2, deadline_seconds=60, max_memory_bytes=1024 * 1024 * 1024, queue_seconds=600
)


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    return corpus()


def test_the_corpus_is_large_and_always_the_same(files: dict[str, bytes]) -> None:
    assert len(set(files.values())) == len(files) >= 500
    assert corpus() == files


@pytest.mark.timeout(600)  # a thousand documents on a machine that may have other things to do
@pytest.mark.parametrize(
    ("placement", "normalize", "ask"), PLACEMENTS, ids=["spot", "keyword", "anew", "content"]
)
async def test_no_hostile_file_hangs_or_ends_a_worker(
    files: dict[str, bytes],
    placement: Placement,
    *,
    normalize: bool,
    ask: frozenset[Fact],
) -> None:
    asked = msgspec.structs.replace(preparation(placement), normalize=normalize, ask=ask)
    async with WorkerPool(
        _LIMITS, start_worker=lambda: start_child("gateway.documents.worker", offline=True)
    ) as pool:
        before = pool.pids

        async def outcome(document: bytes) -> object:
            try:
                return await pool.prepare(document, asked, SEAL.material)
            except DocumentProblem as problem:
                return problem

        outcomes = await asyncio.gather(*map(outcome, files.values()))
        assert pool.restarts == 0
        assert pool.pids == before
    assert any(not isinstance(each, DocumentProblem) for each in outcomes)
