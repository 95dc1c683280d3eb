"""A body that comes a letter a minute is let go of, whatever length its sender has promised."""

import re
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

import cloud_bridge.network.deliveries
from cloud_bridge.network.http import app
from cloud_bridge.network.http.app import Watching, pace_for
from cloud_bridge.network.http.routes import Who
from cloud_bridge.pace import Pace
from tests.network_house import NetworkHouse

SENDING = Path(cloud_bridge.network.deliveries.__file__).parent / "static"
_PACE = Pace(60.0, 64 * 1024)


class _Line:
    """A request that comes as slowly as a test wants, and the loop that looks at it."""

    def __init__(self, bytes_per_second: float, *, length: int) -> None:
        self.now = 0.0
        self.cut_at: float | None = None
        self._rate, self._length = bytes_per_second, length
        self._due: list[tuple[float, Callable[[], None]]] = []
        self.request: Any = SimpleNamespace(
            content=self, transport=self, method="POST", path="/", match_info=None
        )

    @property
    def total_bytes(self) -> int:
        return min(int(self.now * self._rate), self._length)

    def is_eof(self) -> bool:
        return self.total_bytes == self._length

    def abort(self) -> None:
        self.cut_at = self.now

    def time(self) -> float:
        return self.now

    def call_later(self, seconds: float, then: Callable[[], None]) -> Any:  # noqa: ANN401 - a handle
        self._due.append((self.now + seconds, then))
        return SimpleNamespace(cancel=self._due.clear)

    def run(self) -> None:
        while self._due:
            self.now, then = self._due.pop()
            then()


@pytest.mark.parametrize(
    ("rate", "cut"),
    [(0, 60), (1 / 60, 60), (32 * 1024, 120), (63 * 1024, 64 * 60)],
    ids=["nothing", "a letter a minute", "half as fast", "nearly"],
)
def test_what_is_too_slow_is_cut(rate: float, cut: float) -> None:
    line: Any = _Line(rate, length=1 << 30)
    with capture_logs() as logs:
        Watching(line.request, _PACE, "trace", loop=line)
        line.run()
    assert line.cut_at == pytest.approx(cut, rel=0.01, abs=1.1)
    assert [each["event"] for each in logs] == ["body_too_slow"]


@pytest.mark.parametrize("rate", [64 * 1024, 10 * 1024 * 1024])
def test_what_is_fast_enough_comes_whole_however_long_it_is(rate: float) -> None:
    line: Any = _Line(rate, length=1 << 30)
    Watching(line.request, _PACE, "trace", loop=line)
    line.run()
    assert line.cut_at is None
    assert line.is_eof()


def test_a_receipt_has_at_the_network_the_time_that_its_own_page_gives_it() -> None:
    told = (SENDING / "sending.js").read_text()
    (bytes_a_second,) = (1000 * int(each) for each in re.findall(r"BYTES_PER_MS = (\d+);", told))
    four_photographs: Any = _Line(bytes_a_second, length=4 << 20)
    Watching(four_photographs.request, pace_for("page", 60.0), "trace", loop=four_photographs)
    four_photographs.run()
    assert four_photographs.cut_at is None
    assert four_photographs.is_eof()


async def test_each_request_has_the_pace_of_whom_its_route_is_for(
    house: NetworkHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def noted(who: Who, body_seconds: float) -> Pace:
        asked.append(who)
        return pace_for(who, body_seconds)

    monkeypatch.setattr(app, "pace_for", noted)
    async with aiohttp.ClientSession(house.url) as stranger:
        for path in ("/sign", "/v1/envelopes/heads"):
            async with stranger.get(path):
                pass
    assert asked == ["page", "organisation"]


def test_what_is_answered_is_not_looked_at_any_more() -> None:
    line: Any = _Line(0, length=1 << 30)
    Watching(line.request, _PACE, "trace", loop=line).stop()
    line.run()
    assert line.cut_at is None
