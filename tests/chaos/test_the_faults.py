"""An HSM that fails, hangs, dawdles and is pulled out; volumes that fill up; and callers all along.

Every figure is of docs/reliability.md. What callers were told is held against all that is left, by
the same checker as after a storm.
"""

import asyncio
from pathlib import Path

import pytest

from tests.chaos.faults import Recovery
from tests.chaos.installation import install
from tests.chaos.run_faults import FullDisks, HSMFaults, HSMTerms, on_full_disks, under_hsm_faults
from tests.chaos.volumes import can_mount

DOCUMENTS = 64
HSM = HSMTerms(sessions=8, deadline_seconds=2, reload_seconds=1)


@pytest.fixture(scope="module")
def hsm_faults(trial_template: Path, tmp_path_factory: pytest.TempPathFactory) -> HSMFaults:
    directory = tmp_path_factory.mktemp("hsm-faults")
    installation = install(trial_template, directory / "var", hsm=HSM.configured())
    running = under_hsm_faults(
        installation, directory / "client.log", documents=DOCUMENTS, milliseconds=(20, 100)
    )
    return asyncio.run(running)


@pytest.fixture(scope="module")
def full_disks(trial_template: Path, tmp_path_factory: pytest.TempPathFactory) -> FullDisks:
    if not can_mount():
        pytest.skip("small file systems can be mounted by root with CAP_SYS_ADMIN only")
    directory = tmp_path_factory.mktemp("full-disks")
    installation = install(trial_template, directory / "var")
    return asyncio.run(on_full_disks(installation, directory / "client.log"))


def test_an_hsm_that_fails_now_and_then_costs_no_document(hsm_faults: HSMFaults) -> None:
    forbidden = 1 + DOCUMENTS // 50
    assert hsm_faults.sealed_under_errors >= DOCUMENTS - forbidden


def test_a_slow_hsm_gives_as_many_signatures_as_its_sessions_allow(hsm_faults: HSMFaults) -> None:
    mean_latency = (0.020 + 0.100) / 2
    assert hsm_faults.documents_per_second <= 1.25 * HSM.sessions / mean_latency
    assert (
        hsm_faults.documents_per_second >= 0.3 * HSM.sessions / mean_latency
    )  # the machine is busy


def test_an_hsm_that_hangs_is_noticed_and_its_callers_are_served_afterwards(
    hsm_faults: HSMFaults,
) -> None:
    assert hsm_faults.hang.noticed is not None
    assert hsm_faults.hang.noticed <= HSM.deadline_seconds + 3
    assert hsm_faults.hang.recovered <= 30


def test_a_token_that_was_pulled_out_is_noticed_and_used_again_once_it_is_back(
    hsm_faults: HSMFaults,
) -> None:
    assert hsm_faults.removal.noticed is not None
    assert hsm_faults.removal.noticed <= 4  # twice the target: tests share the machine
    assert hsm_faults.removal.recovered <= 30


def test_no_hsm_fault_breaks_an_invariant(hsm_faults: HSMFaults) -> None:
    assert hsm_faults.violations == []


@pytest.mark.parametrize("volume", ["database", "documents"])
def test_callers_of_a_full_disk_are_told_soon_to_come_again_and_then_are_served(
    full_disks: FullDisks, volume: str
) -> None:
    recovery: Recovery = getattr(full_disks, volume)
    assert recovery.refused > 0
    assert recovery.slowest_refusal <= 2  # twice the target: tests share the machine
    assert recovery.recovered <= 10


def test_where_no_tree_head_can_be_published_documents_are_sealed_and_in_the_tree_later(
    full_disks: FullDisks,
) -> None:
    assert full_disks.sealed_without_heads > 0


def test_no_full_disk_breaks_an_invariant(full_disks: FullDisks) -> None:
    assert full_disks.violations == []
