"""The sessions of one token: lent to one thread at a time, thrown away after any error."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator

import msgspec
import pkcs11

from hsm.errors import KeyStoreError, PinRefusedError, TokenFailedError
from hsm.token.faults import name_of
from hsm.token.pooled_session import PooledSession

_log = logging.getLogger(__name__)


class PoolStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the sessions, for metrics.

    Attributes:
        idle: sessions that wait for work.
        lent: sessions at work.
        discarded: sessions that were thrown away after an error, since the start.
        reloads: how often the module was initialised again with success, since the start.
        failed_reloads: how often that failed.
        down: why there are no sessions, None when there are.
    """

    idle: int
    lent: int
    discarded: int
    reloads: int
    failed_reloads: int
    down: str | None


class SessionPool:
    """Lends sessions and renews them.

    The session that holds the login is never lent: throwing it away would log the process out.
    """

    def __init__(
        self,
        *,
        size: int,
        reinitialise: Callable[[], None],
        log_in: Callable[[], pkcs11.Session],
        reload_seconds: float,
        monotonic: Callable[[], float],
    ) -> None:
        """Log in and open `size` more sessions.

        Args:
            size: how many sessions there are to lend.
            reinitialise: finalises and initialises the module.
            log_in: finds the token and opens the session with the PIN.
            reload_seconds: least time between two reloads, in seconds.
            monotonic: the clock for that, in seconds.
        """
        self._size = size
        self._reinitialise = reinitialise
        self._log_in = log_in
        self._reload_seconds = reload_seconds
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._free = threading.Condition(self._lock)  # for who wants a session
        self._quiet = threading.Condition(self._lock)  # for who wants all of them back
        self._idle: list[PooledSession] = []
        self._lent = 0
        self._draining = False
        self._closed = False
        self._down: KeyStoreError | None = None
        self._generation = 0
        self._reloaded_at: float | None = None
        self._discarded = self._reloads = self._failed_reloads = 0
        self._login: pkcs11.Session | None = None
        try:
            self._open_all()
        except BaseException:
            self.close()
            raise

    @property
    def generation(self) -> int:
        """Counts reloads; read it before `lend` and hand it to `reload`."""
        return self._generation

    @contextlib.contextmanager
    def lend(self) -> Iterator[PooledSession]:
        """Wait for a session. It is thrown away if the block raises, and replaced when needed.

        Waits without limit: who is late is the caller's business, and a module that hangs is
        killed with its process.

        Raises:
            KeyStoreError: the token is away, or the pool is closed.
            pkcs11.PKCS11Error: a session was to be replaced, and the token failed.
        """
        session = self._take()
        try:
            yield session
        except BaseException:
            # 2.x has no cancel: an operation that was left open would answer OperationActive for
            # ever. Opening another costs little beside a signature.
            session.close()
            self._put_back(None)
            raise
        self._put_back(session)

    def reload(self, *, seen: int) -> bool:
        """Initialise the module again, log in and open new sessions; one thread does it for all.

        Call it without a session: it waits until all are back, as C_Finalize under the feet of
        another thread is undefined (PKCS#11 2.40 §5.4).

        Args:
            seen: the generation that failed. If there is a newer one, nothing is done.

        Returns:
            True if there are newer sessions than those; False if it is too early to reload.

        Raises:
            KeyStoreError: the reload failed. There are no sessions until a later one succeeds.
        """
        with self._lock:
            while self._draining:
                self._free.wait()
            if self._closed:
                raise TokenFailedError("the key store is closed")
            if self._generation != seen:
                return True
            now = self._monotonic()
            if self._reloaded_at is not None and now - self._reloaded_at < self._reload_seconds:
                return False
            self._reloaded_at = now
            self._draining = True
            while self._lent:
                self._quiet.wait()
            self._idle.clear()
        down: KeyStoreError | None = None
        try:
            self._reinitialise()
            self._open_all()
        except KeyStoreError as error:
            down = error
        except pkcs11.PKCS11Error as error:
            down = TokenFailedError(f"the token does not come back: {name_of(error)}")
        finally:
            self._end_reload(down)
        if down is not None:
            raise down
        return True

    def statistics(self) -> PoolStatistics:
        """Count what happened so far."""
        with self._lock:
            return PoolStatistics(
                idle=len(self._idle),
                lent=self._lent,
                discarded=self._discarded,
                reloads=self._reloads,
                failed_reloads=self._failed_reloads,
                down=None if self._down is None else str(self._down),
            )

    def close(self) -> None:
        """Wait for the sessions that are lent, close all, and last the one with the login."""
        with self._lock:
            self._closed = True
            self._free.notify_all()
            while self._lent or self._draining:
                self._quiet.wait()
            idle, self._idle = self._idle, []
        for session in idle:
            session.close()
        if self._login is not None:
            with contextlib.suppress(pkcs11.PKCS11Error):
                self._login.close()
            self._login = None

    def _take(self) -> PooledSession:
        if self._down is not None:
            self._come_back(self._down)
        with self._lock:
            while True:
                if self._closed:
                    raise TokenFailedError("the key store is closed")
                if not self._draining:
                    if self._down is not None:
                        raise _afresh(self._down)
                    if self._idle:
                        self._lent += 1
                        return self._idle.pop()
                    if self._lent < self._size:
                        self._lent += 1
                        break
                self._free.wait()
        try:
            return self._open()
        except BaseException:
            self._put_back(None)
            raise

    def _come_back(self, down: KeyStoreError) -> None:
        if isinstance(down, PinRefusedError) or not self.reload(seen=self._generation):
            raise _afresh(down)

    def _put_back(self, session: PooledSession | None) -> None:
        with self._lock:
            self._lent -= 1
            if session is None:
                self._discarded += 1
            else:
                self._idle.append(session)
            if self._draining or self._closed:
                self._quiet.notify_all()
            else:
                self._free.notify()

    def _end_reload(self, down: KeyStoreError | None) -> None:
        with self._lock:
            self._down = down
            self._draining = False
            if down is None:
                self._generation += 1
                self._reloads += 1
                _log.warning("module initialised again, logged in, %d sessions", len(self._idle))
            else:
                self._failed_reloads += 1
                _log.error("reload failed: %s", down)
            self._free.notify_all()
            self._quiet.notify_all()

    def _open_all(self) -> None:
        self._login = None
        self._login = self._log_in()
        # Now rather than when they are wanted: a token without room for them says so at start.
        for _ in range(self._size):
            self._idle.append(self._open())

    def _open(self) -> PooledSession:
        if self._login is None:
            raise TokenFailedError("nobody is logged in to the token")
        return PooledSession(self._login.token.open())


def _afresh(error: KeyStoreError) -> KeyStoreError:
    # Each thread raises its own: an exception that several raise collects all their tracebacks.
    return type(error)(str(error))
