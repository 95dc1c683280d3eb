"""Sessions are lent to one thread at a time, renewed together, and closed in order.

The sessions here only write down what is done with them; against SoftHSM the same pool is tried in
test_token_behaviours.py.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import cast

import pkcs11
import pytest

from hsm.errors import PinRefusedError, TokenFailedError
from hsm.token.sessions import SessionPool


@dataclass
class Diary:
    """A token that writes down what happens, and can refuse."""

    events: list[str] = field(default_factory=list)
    refuse: Exception | None = None
    room: int = 100
    now: float = 0.0

    def initialise(self) -> None:
        self.events.append("initialise")

    def log_in(self) -> pkcs11.Session:
        if self.refuse is not None:
            raise self.refuse
        self.events.append("log in")
        return cast("pkcs11.Session", Written(self, "the login"))

    def open(self) -> pkcs11.Session:
        opened = sum(event == "open" for event in self.events)
        if opened >= self.room:
            raise pkcs11.SessionCount
        self.events.append("open")
        return cast("pkcs11.Session", Written(self, "a session"))

    def pool(self, size: int = 2) -> SessionPool:
        return SessionPool(
            size=size,
            reinitialise=self.initialise,
            log_in=self.log_in,
            reload_seconds=30.0,
            monotonic=lambda: self.now,
        )


@dataclass
class Written:
    token: Diary
    name: str

    def close(self) -> None:
        self.token.events.append(f"close {self.name}")


def fail(pool: SessionPool) -> None:
    with pytest.raises(pkcs11.DeviceError), pool.lend():
        raise pkcs11.DeviceError


def test_all_sessions_are_opened_at_start() -> None:
    diary = Diary()
    diary.pool(size=3)
    assert diary.events == ["log in", "open", "open", "open"]


def test_a_token_without_room_says_so_at_start_and_nothing_stays_open() -> None:
    diary = Diary(room=1)
    with pytest.raises(pkcs11.SessionCount):
        diary.pool()
    assert diary.events == ["log in", "open", "close a session", "close the login"]


def test_the_login_is_closed_last() -> None:
    diary = Diary()
    diary.pool().close()
    assert diary.events[3:] == ["close a session", "close a session", "close the login"]


def test_a_session_that_failed_is_closed_and_replaced_when_wanted() -> None:
    diary = Diary()
    pool = diary.pool(size=1)
    fail(pool)
    assert diary.events[2:] == ["close a session"]
    with pool.lend():
        assert diary.events[3:] == ["open"]
    assert pool.statistics().discarded == 1


def test_a_replacement_that_cannot_be_opened_leaves_room_for_the_next() -> None:
    diary = Diary(room=1)
    pool = diary.pool(size=1)
    fail(pool)
    for _ in range(2):
        with pytest.raises(pkcs11.SessionCount), pool.lend():
            pass
    diary.room = 2
    with pool.lend():
        assert pool.statistics().lent == 1


def test_no_session_is_with_two_threads() -> None:
    pool = Diary().pool(size=3)
    held: list[int] = []
    most = 0
    lock = threading.Lock()

    def use(_number: int) -> None:
        nonlocal most
        with pool.lend() as session:
            with lock:
                assert id(session) not in held
                held.append(id(session))
                most = max(most, len(held))
            with lock:
                held.remove(id(session))

    with ThreadPoolExecutor(max_workers=12) as crowd:
        list(crowd.map(use, range(600)))
    assert most <= 3
    assert pool.statistics().idle + pool.statistics().lent == 3


def test_a_reload_waits_until_all_sessions_are_back() -> None:
    diary = Diary()
    pool = diary.pool()
    lent, give_back = threading.Event(), threading.Event()

    def hold() -> None:
        with pool.lend():
            lent.set()
            give_back.wait()
            diary.events.append("signed")

    with ThreadPoolExecutor(max_workers=2) as crowd:
        holder = crowd.submit(hold)
        lent.wait()
        reload = crowd.submit(pool.reload, seen=pool.generation)
        give_back.set()
        holder.result()
        assert reload.result() is True
    assert diary.events[3:] == ["signed", "initialise", "log in", "open", "open"]


def test_a_reload_that_somebody_else_did_is_not_repeated() -> None:
    diary = Diary()
    pool = diary.pool()
    seen = pool.generation
    assert pool.reload(seen=seen)
    assert pool.reload(seen=seen)
    assert diary.events.count("initialise") == 1


def test_a_reload_comes_at_most_every_so_often() -> None:
    diary = Diary()
    pool = diary.pool()
    assert pool.reload(seen=pool.generation)
    diary.now = 29.9
    assert not pool.reload(seen=pool.generation)
    diary.now = 30.0
    assert pool.reload(seen=pool.generation)


@pytest.mark.parametrize("error", [pkcs11.GeneralError(), TokenFailedError("away")])
def test_a_token_that_stays_away_is_asked_again_later(error: Exception) -> None:
    diary = Diary()
    pool = diary.pool()
    diary.refuse = error
    with pytest.raises(TokenFailedError):
        pool.reload(seen=pool.generation)
    diary.now = 29.0
    with pytest.raises(TokenFailedError), pool.lend():
        pass
    assert diary.events.count("initialise") == 1
    diary.refuse, diary.now = None, 31.0
    with pool.lend():
        assert pool.statistics().down is None


def test_a_refused_pin_ends_the_pool_for_good() -> None:
    diary = Diary()
    pool = diary.pool()
    diary.refuse = PinRefusedError("wrong")
    with pytest.raises(PinRefusedError):
        pool.reload(seen=pool.generation)
    diary.refuse, diary.now = None, 1_000.0
    with pytest.raises(PinRefusedError), pool.lend():
        pass
    assert diary.events.count("initialise") == 1


@pytest.mark.parametrize(
    "use",
    [lambda pool: pool.lend().__enter__(), lambda pool: pool.reload(seen=0)],
    ids=["lend", "reload"],
)
def test_a_closed_pool_does_nothing(use: Callable[[SessionPool], object]) -> None:
    diary = Diary()
    pool = diary.pool()
    pool.close()
    done = list(diary.events)
    with pytest.raises(TokenFailedError, match="closed"):
        use(pool)
    assert diary.events == done
