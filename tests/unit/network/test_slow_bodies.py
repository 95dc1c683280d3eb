"""A body that comes a letter a minute is let go of, whatever length its sender has promised."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from structlog.testing import capture_logs

from cloud_bridge.network.http.app import Watching
from cloud_bridge.pace import Pace

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


def test_what_is_answered_is_not_looked_at_any_more() -> None:
    line: Any = _Line(0, length=1 << 30)
    Watching(line.request, _PACE, "trace", loop=line).stop()
    line.run()
    assert line.cut_at is None
