"""What the process that answers may see, and what it says to what is no question."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gateway.desk.asking import Desk
from gateway.desk.child import serve
from gateway.desk.errors import (
    DeskBusyProblem,
    QuestionRefusedProblem,
    QuestionTooDemandingProblem,
)
from gateway.desk.wire import PROTOCOL, ExplainRecord, SetUp, Simulate, Test, encode
from gateway.store.engines.database import SQLiteFile
from processes.child import Child, start_child
from processes.confinement import landlock_available
from tests.signing_house import POLICY

AT = datetime(2026, 11, 22, 4, tzinfo=UTC)


class Frames:
    """A channel that gives these frames, and keeps what is sent."""

    def __init__(self, *frames: bytes) -> None:
        self._frames = iter(frames)
        self.sent: list[bytes] = []

    def receive(self) -> bytes | None:
        return next(self._frames, None)

    def send(self, frame: bytes) -> None:
        self.sent.append(frame)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / "all.yaml").write_text(POLICY, encoding="utf-8")
    return Desk(
        policies=lambda: tmp_path / "policies", database=SQLiteFile(str(tmp_path / "none.sqlite"))
    )


async def test_it_cannot_read_what_lies_beside_its_files(desk: Desk, tmp_path: Path) -> None:
    """A name in the officers' directory that leads out of it leads nowhere."""
    assert landlock_available(), "this kernel has no Landlock, so nothing was proved"
    secret = tmp_path / "secret.yaml"
    secret.write_text("a secret", encoding="utf-8")
    (tmp_path / "policies" / "out.yaml").symlink_to(secret)
    with pytest.raises(QuestionRefusedProblem, match=r"cannot be read: .*Permission denied"):
        await desk.ask(Test(sources=None))


async def test_a_past_that_is_not_there_is_told(desk: Desk) -> None:
    with pytest.raises(QuestionRefusedProblem, match="the history cannot be read"):
        await desk.ask(ExplainRecord(sources=None, record=1))
    with pytest.raises(QuestionRefusedProblem, match="the history cannot be read"):
        await desk.ask(Simulate(new={"all.yaml": POLICY}, since=AT, until=AT))


async def test_more_than_a_few_who_wait_are_sent_away(desk: Desk) -> None:
    desk._waiting = 4
    with pytest.raises(DeskBusyProblem):
        await desk.ask(Test(sources=None))


SET_UP = SetUp(protocol=PROTOCOL + 1, max_memory_bytes=1, policies="", database=SQLiteFile(""))


@pytest.mark.parametrize(
    "frames", [(encode(SET_UP),), (encode(Test(sources=None)),)], ids=["protocol", "no set-up"]
)
def test_what_does_not_set_it_up_is_not_served(frames: tuple[bytes, ...]) -> None:
    channel = Frames(*frames)
    assert serve(channel) == 2
    assert channel.sent == []


def test_nobody_who_asks_nothing_is_answered() -> None:
    assert serve(Frames()) == 0


def test_what_the_gateway_loads_of_the_desk_draws_nothing() -> None:
    """Stamps are drawn by parsers that have no business in the gateway's process."""
    code = "import gateway.desk.asking, gateway.desk.child, sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "gateway.desk.child" in loaded
    assert not {"PIL", "pikepdf", "pyhanko", "pypdfium2", "picosvg", "fontTools"} & loaded


async def test_a_process_whose_time_is_up_before_it_was_spoken_with_is_ended(
    tmp_path: Path,
) -> None:
    started: list[Child] = []

    def start() -> Child:
        started.append(start_child("gateway.desk.child"))
        return started[-1]

    database = SQLiteFile(str(tmp_path / "none.sqlite"))
    desk = Desk(policies=lambda: tmp_path, database=database, deadline_seconds=0.0, start=start)
    with pytest.raises(QuestionTooDemandingProblem):
        await desk.ask(Test(sources=None))
    assert all(child.process.poll() is not None for child in started)
