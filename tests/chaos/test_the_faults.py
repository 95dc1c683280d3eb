"""An HSM that fails, hangs, dawdles and is pulled out; volumes that fill up; and callers all along.

Every figure is of docs/reliability.md. What callers were told is held against all that is left, by
the same checker as after a storm.
"""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.faults import Recovery
from tests.chaos.installation import install
from tests.chaos.run_faults import Endured, FullDisks, HSMTerms, endure

pytestmark = pytest.mark.timeout(300)  # two minutes are little where the machine is busy
DOCUMENTS = 40
HSM = HSMTerms(sessions=8, deadline_seconds=2, reload_seconds=1)


@pytest.fixture(scope="module")
def endured(trial_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Endured:
    directory = tmp_path_factory.mktemp("faults")
    installation = install(trial_template, directory / "var", hsm=HSM.configured())
    running = endure(
        installation,
        directory / "client.log",
        documents=DOCUMENTS,
        milliseconds=(20, 100),
    )
    return asyncio.run(running)


@pytest.fixture
def disks(endured: Endured) -> FullDisks:
    if endured.disks is None:
        pytest.skip("small file systems can be mounted by root with CAP_SYS_ADMIN only")
    return endured.disks


def test_an_hsm_that_fails_now_and_then_costs_no_document(endured: Endured) -> None:
    forbidden = 1 + DOCUMENTS // 50
    assert endured.sealed_under_errors >= DOCUMENTS - forbidden


def test_a_slow_hsm_gives_as_many_signatures_as_its_sessions_allow(endured: Endured) -> None:
    mean_latency = (0.020 + 0.100) / 2
    assert endured.documents_per_second <= 1.25 * HSM.sessions / mean_latency
    # A busy machine gives less; with one session at a time it would be an eighth.
    assert endured.documents_per_second >= 0.2 * HSM.sessions / mean_latency


def test_an_hsm_that_hangs_is_noticed_and_its_callers_are_served_afterwards(
    endured: Endured,
) -> None:
    assert endured.hang.noticed is not None
    assert endured.hang.noticed <= HSM.deadline_seconds + 3
    assert endured.hang.recovered <= 30


def test_a_token_that_was_pulled_out_is_noticed_and_used_again_once_it_is_back(
    endured: Endured,
) -> None:
    assert endured.removal.noticed is not None
    assert endured.removal.noticed <= 4  # twice the target: tests share the machine
    assert endured.removal.recovered <= 30


@pytest.mark.parametrize("volume", ["database", "documents"])
def test_callers_of_a_full_disk_are_told_soon_to_come_again_and_then_are_served(
    disks: FullDisks, volume: str
) -> None:
    recovery: Recovery = getattr(disks, volume)
    assert recovery.refused > 0
    assert recovery.slowest_refusal <= 2  # twice the target, as above
    assert recovery.recovered <= 10


def test_where_no_tree_head_can_be_published_documents_are_sealed_and_in_the_tree_later(
    disks: FullDisks,
) -> None:
    assert disks.sealed_without_heads > 0


def test_nothing_is_lost_or_sealed_twice_whatever_fails(endured: Endured) -> None:
    assert endured.violations == []
