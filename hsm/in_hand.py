"""What the signer was asked and has not answered yet, and how long the oldest may take."""

import asyncio
from collections.abc import Callable

from hsm.errors import SignerUnavailableError


class RequestsInHand:
    """In the order in which they were sent.

    What a caller no longer waits for stays until the signer has answered it: a session may hang in
    it.
    """

    def __init__(self, *, patience_seconds: Callable[[], float], hung: Callable[[], None]) -> None:
        """Take how long the oldest may take now, and what is called when it takes longer."""
        self._patience = patience_seconds
        self._hung = hung
        self._answers: dict[int, asyncio.Future[bytes]] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._oldest_since = 0.0

    def __len__(self) -> int:
        """How many there are."""
        return len(self._answers)

    def add(self, number: int) -> asyncio.Future[bytes]:
        """One that has just been sent; gives what its answer will be."""
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        if len(self._answers) == 1:
            self._watch_the_oldest()
        return answer

    def settle(self, number: int, answer: bytes | Exception) -> None:
        """Give the answer to whoever waits for it; nobody may."""
        oldest = next(iter(self._answers), None)
        waiting = self._answers.pop(number, None)
        if number == oldest:
            self._watch_the_oldest()
        if waiting is None or waiting.done():
            return
        if isinstance(answer, bytes):
            waiting.set_result(answer)
        else:
            waiting.set_exception(answer)

    def give_back(self, why: str) -> None:
        """The signer is gone: whether those keys were used is unknown."""
        answers, self._answers = self._answers, {}
        self._watch_the_oldest()
        for answer in answers.values():
            if not answer.done():
                answer.set_exception(SignerUnavailableError(why))

    def _watch_the_oldest(self) -> None:
        """Give the oldest request in hand the deadline, from now on.

        The signer takes requests in the order in which they were sent, so the oldest has been
        taken when all before it are answered; if it then gets no answer in time, a session hangs.
        A long queue is no reason to kill a signer that works it off.
        """
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._answers:
            loop = asyncio.get_running_loop()
            self._oldest_since = loop.time()
            self._timer = loop.call_later(self._patience(), self._overdue)

    def _overdue(self) -> None:
        """It has waited as long as it might when it began to; it may be longer by now.

        The last of several tokens has more patience than one that another could replace.
        """
        loop = asyncio.get_running_loop()
        left = self._oldest_since + self._patience() - loop.time()
        if left > 0:
            self._timer = loop.call_later(left, self._overdue)
        else:
            self._hung()
