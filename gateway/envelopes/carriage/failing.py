"""Envelopes for which the network fails though it answers: each by itself, tried again later.

That a question about one envelope fails says nothing of the others. Only where the network does not
answer another question either, it is away.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

import structlog

from cloud_bridge.errors import NetworkAwayError, NetworkError
from gateway.envelopes.ground import Ground, Member
from gateway.envelopes.keeping.holding import Troubles
from gateway.envelopes.keeping.troubles import LONGEST, NOT_COMPARED, Trouble
from gateway.errors import Problem
from gateway.jobs.backoff import Backoff

_BACKOFF: Final = Backoff(first=timedelta(seconds=5), longest=timedelta(minutes=15))
_MOST_AT_ONCE: Final = 4
"""Each may wait until its answer is given up, and what is told meanwhile waits behind them."""
_LONGEST_ID: Final = 100

T = TypeVar("T")
Ask = Callable[[], Awaitable[object]]

_log = structlog.get_logger("envelopes")


@dataclass(slots=True)
class _Failed:
    """What was in vain.

    Attributes:
        again: what is asked later.
        compares: whether it was to be compared, and not only to be taken in.
        due: when, by the monotonic clock.
        failures: how often it was asked.
    """

    again: Ask
    compares: bool
    due: float
    failures: int = 0


class Failing:
    """Those of one of our companies. They are kept in memory: a start compares all anyway."""

    def __init__(
        self, member: Member, ground: Ground, troubles: Troubles, *, chance: Callable[[], float]
    ) -> None:
        """Join them.

        Args:
            member: whose envelopes.
            ground: on what.
            troubles: where it is told of each.
            chance: for the back-off.
        """
        self._member = member
        self._ground = ground
        self._troubles = troubles
        self._chance = chance
        self._failed: dict[str, _Failed] = {}
        self._in_a_row = 0

    def __contains__(self, envelope: object) -> bool:
        """Whether it could not be taken in or compared, so that we may not know all of it."""
        return envelope in self._failed

    def __len__(self) -> int:
        """How many there are."""
        return len(self._failed)

    def __iter__(self) -> Iterator[str]:
        """Their ids."""
        return iter(self.envelopes)

    @property
    def envelopes(self) -> tuple[str, ...]:
        """Their ids."""
        return tuple(self._failed)

    @property
    def seconds(self) -> float:
        """Until the next of them is due; infinite: there is none."""
        due = min((each.due for each in self._failed.values()), default=float("inf"))
        return max(0.0, due - self._ground.clock.monotonic())

    @property
    def are_too_many(self) -> bool:
        """Whether so many have failed, one after the other, that no more are asked for now."""
        return self._in_a_row >= _MOST_AT_ONCE

    def begin(self) -> None:
        """Count those that fail one after the other from here on."""
        self._in_a_row = 0

    async def attempt(
        self, envelope: str, ask: Callable[[], Awaitable[T]], *, again: Ask, compares: bool
    ) -> T | None:
        """Ask something that concerns one envelope; None: it failed, and is tried again later.

        Args:
            envelope: its id.
            ask: gives anything but None.
            again: what is asked later.
            compares: whether that compares its record. What only takes in what is new does not make
                up for a comparison that has failed.

        Raises:
            NetworkAwayError: the network does not answer, whatever it is asked.
            Problem: something of ours is away.
        """
        try:
            found = await ask()
        except NetworkAwayError as away:
            await self._see_that_it_answers(away)
            why = str(away)
        except NetworkError as error:
            why = str(error)
        except Problem:
            raise
        except Exception as error:  # noqa: BLE001 - a defect of ours, met by what a stranger sent
            _log.exception("envelope_stumbled", envelope=envelope[:_LONGEST_ID])
            why = f"this gateway stumbled over it ({type(error).__name__})"
        else:
            self._in_a_row = 0
            await self.passed(envelope, compares=compares)
            return found
        self._in_a_row += 1
        await self._failed_again(self.put_off(envelope, again, compares=compares), envelope, why)
        return None

    def put_off(self, envelope: str, again: Ask, *, compares: bool) -> _Failed:
        """Have it asked as soon as its turn comes, instead of now."""
        due = self._ground.clock.monotonic()
        failed = self._failed.setdefault(envelope, _Failed(again, compares, due))
        if compares or not failed.compares:
            failed.again, failed.compares = again, compares
        return failed

    async def passed(self, envelope: str, *, compares: bool) -> None:
        """It is here as far as the network says; `compares`: and was compared."""
        failed = self._failed.get(envelope)
        if failed is None or (failed.compares and not compares):
            return
        del self._failed[envelope]
        await self._troubles.end(envelope, NOT_COMPARED)
        _log.info(
            "envelope_compared",
            organisation=self._member.organisation,
            envelope=envelope[:_LONGEST_ID],
            failures=failed.failures,
        )

    async def retry(self) -> None:
        """Ask again some of what is due, what waits longest first.

        Raises:
            NetworkAwayError, Problem: see `attempt`.
        """
        now = self._ground.clock.monotonic()
        due = sorted((each.due, id_) for id_, each in self._failed.items() if each.due <= now)
        tried = await asyncio.gather(
            *(self._again(envelope) for _, envelope in due[:_MOST_AT_ONCE]), return_exceptions=True
        )
        for each in tried:
            if isinstance(each, BaseException):
                raise each

    async def _again(self, envelope: str) -> None:
        failed = self._failed[envelope]
        again, compares = failed.again, failed.compares
        await self.attempt(envelope, again, again=again, compares=compares)

    async def _see_that_it_answers(self, away: NetworkAwayError) -> None:
        """Whether only this question fails; else it is as away as it said."""
        if away.retry_after_seconds is not None:
            raise away  # it speaks of itself, and not of an envelope
        try:
            await self._member.network.organisation(self._member.organisation)
        except NetworkError as other:
            raise away from other

    async def _failed_again(self, failed: _Failed, envelope: str, why: str) -> None:
        failed.failures += 1
        pause = _BACKOFF.after(failed.failures, chance=self._chance).total_seconds()
        failed.due = self._ground.clock.monotonic() + pause
        _log.warning(
            "envelope_not_compared",
            organisation=self._member.organisation,
            envelope=envelope[:_LONGEST_ID],
            error=why,
            failures=failed.failures,
            again_in_seconds=pause,
        )
        if failed.failures == 1:
            words = (
                "the network answers, and this envelope could not be taken from it or compared: "
                f"{why}"
            )
            await self._troubles.tell(envelope, Trouble(NOT_COMPARED, words[:LONGEST], holds=False))
