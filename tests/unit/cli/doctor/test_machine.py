"""What the doctor says of clocks, disks and chains that are not as they should be."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509

from gateway.cli.doctor.chains import check_seal_chain
from gateway.cli.doctor.machine import check_clock_source, check_disk
from gateway.cli.doctor.model import Finding
from gateway.cli.doctor.records import check_server_clock
from gateway.cli.doctor.seals import SealsCheck
from gateway.cli.doctor.token import TokenCheck
from gateway.cli.trial.certificates import TrialCA
from gateway.clock import SystemClock
from tests.postgres_server import Server, postgres
from tests.unit.cli.conftest import CommandLine

__all__ = ["postgres"]

NOW = datetime.now(UTC)  # noqa: TID251 - the certificates of `init` begin now


def only(findings: Iterator[Finding]) -> Finding:
    (finding,) = findings
    return finding


@pytest.mark.parametrize(
    ("kernel", "state", "told"),
    [(0, "ok", "kept right"), (5, "warning", "nothing keeps"), (-1, "warning", "does not say")],
)
def test_a_clock_that_nothing_keeps_right_is_found(kernel: int, state: str, told: str) -> None:
    found = only(check_clock_source(lambda: kernel))
    assert found.state == state
    assert told in found.message


def _disk(*, free_bytes: int, files: int = 10**6) -> os.statvfs_result:
    blocks = free_bytes // 4096
    return os.statvfs_result((4096, 4096, blocks, blocks, blocks, 10**7, files, files, 0, 255))


@pytest.mark.parametrize(
    ("disk", "state", "told"),
    [
        (_disk(free_bytes=10 << 30), "ok", "10,240 MiB are free"),
        (_disk(free_bytes=1 << 30), "warning", "1,024 MiB are free"),
        (_disk(free_bytes=100 << 20), "failed", "100 MiB are free"),
        (_disk(free_bytes=10 << 30, files=12), "failed", "room for 12 more files"),
    ],
)
def test_a_disk_that_is_nearly_full_is_found(
    sealgate: CommandLine, disk: os.statvfs_result, state: str, told: str
) -> None:
    found = only(check_disk(sealgate.config, stat=lambda _path: disk))
    assert found.state == state
    assert told in found.message


def test_the_disk_of_documents_elsewhere_is_looked_at_as_well(
    sealgate: CommandLine, tmp_path: Path
) -> None:
    config = sealgate.config
    store = config.store.model_copy(update={"documents": tmp_path / "gone"})
    found = list(check_disk(config.model_copy(update={"store": store})))
    assert found[1].state == "failed"
    assert "gone does not exist" in found[1].message


class OtherClock(SystemClock):
    """This machine's, put wrong by so much; the server has the machine's own."""

    def __init__(self, wrong: timedelta) -> None:
        self._wrong = wrong

    def now(self) -> datetime:
        return super().now() + self._wrong


@pytest.mark.parametrize(
    ("seconds", "state"), [(0, "ok"), (30, "warning"), (-30, "warning"), (300, "failed")]
)
def test_a_clock_that_is_not_the_database_servers_is_found(
    postgres: Server, seconds: int, state: str
) -> None:
    engine = postgres.emptied().open_reader()
    with engine.connect() as connection:
        found = only(check_server_clock(connection, OtherClock(timedelta(seconds=seconds))))
    engine.dispose()
    assert found.state == state


def test_a_slot_that_is_gone_is_found(sealgate: CommandLine) -> None:
    sealgate.configure("token_label: sealgate-demo", "slot: 987654")
    found = list(TokenCheck(sealgate.config).findings())
    assert [(each.part, each.state) for each in found] == [
        ("HSM module", "ok"),
        ("HSM token", "failed"),
    ]
    assert "987654" in found[1].message


# Chains.


def _pem(sealgate: CommandLine, seal: str) -> list[x509.Certificate]:
    file = sealgate.trial.policies / "certificates" / f"{seal}.pem"
    return x509.load_pem_x509_certificates(file.read_bytes())


def test_the_chains_of_a_trial_are_looked_at_without_the_token(sealgate: CommandLine) -> None:
    check = SealsCheck(sealgate.config)
    assert {each.state for each in check.policies()} == {"ok"}
    found = {each.part: each.state for each in check.chains(now=NOW)}
    assert found.keys() == {"chain receipt-east", "chain receipt-south"}
    assert "failed" not in found.values()


def test_a_chain_of_one_certificate_is_incomplete(sealgate: CommandLine) -> None:
    own = _pem(sealgate, "receipt-east")[:1]
    found = only(check_seal_chain("receipt-east", own, now=NOW))
    assert (found.state, found.owner) == ("warning", "officer")
    assert "alone" in found.message


def test_a_chain_with_another_authority_of_the_same_name_is_found(sealgate: CommandLine) -> None:
    own, *_ = _pem(sealgate, "receipt-east")
    other = TrialCA(now=NOW).certificate
    found = list(check_seal_chain("receipt-east", [own, other], now=NOW))
    assert found[0].state == "failed"
    assert "was not issued by" in found[0].message


@pytest.mark.parametrize(("days", "state"), [(1, "ok"), (-10, "warning"), (10, "failed")])
def test_an_authority_that_expires_is_found(days: int, state: str) -> None:
    ca = TrialCA(now=NOW).certificate
    at = NOW if state == "ok" else ca.not_valid_after_utc + timedelta(days=days)
    (found, *_) = check_seal_chain("s", [ca, ca], now=at)
    assert found.state == state
