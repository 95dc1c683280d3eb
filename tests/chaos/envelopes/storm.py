"""Systems of two companies that send contracts, ask again, and ask twice at once."""

import asyncio
import itertools
import random  # noqa: TID251 - a run is told again by its seed
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp

from examples.envelopes.journeys import CONTRACTS
from gateway.client import EnvelopeClient, GatewayClient, GatewayRefusedError
from tests.chaos.client_log import ClientLog
from tests.chaos.envelopes.town import SIDES, Town
from tests.chaos.model import Asked, Taken

_AGAIN = {429, 503, 507}
_PAUSE_SECONDS = 0.05
_BETWEEN_SECONDS = 0.5
"""Of a caller's envelopes; what two cores carry, kills included."""
_REPEATED, _TWICE = 0.15, 0.10
_ONE_FORBIDDEN_OF = 8
_TURNS = ((1, 2), (2, 1), (1, 1))
"""Ours and the partner's: we first, the partner first, both as they come."""
ALLOWED, FORBIDDEN = "采购合同.pdf", "担保合同.pdf"


class EnvelopeStorm:
    """Of a hundred requests fifteen repeat an earlier key, ten are sent twice at once. One envelope
    in eight is one that the buyer's policies refuse; the carrier sends it.

    `taken` counts last answers, those to repeats too; `by_key` has the envelope of each key.
    """

    def __init__(
        self,
        town: Town,
        clients: Mapping[str, GatewayClient],
        log: ClientLog,
        *,
        seed: int,
        until_it_serves: Callable[[], Awaitable[None]],
    ) -> None:
        self._town = town
        self._clients = {side: EnvelopeClient(each) for side, each in clients.items()}
        self._log = log
        self._until_it_serves = until_it_serves
        self._dice = random.Random(seed)  # noqa: S311 - as above
        self._files = {name: (CONTRACTS / name).read_bytes() for name in (ALLOWED, FORBIDDEN)}
        self._numbers = itertools.count()
        self._attempts = itertools.count()
        self._keys: list[str] = []
        self.by_key: dict[str, str] = {}
        self.taken = 0

    async def blow(self, *, callers: int, until: Callable[[], bool]) -> None:
        """Send until then, and go on until every envelope that was sent is taken."""
        await asyncio.gather(*(self._call(until) for _ in range(callers)))

    async def ask_all_again(self) -> None:
        """Every key once more: it is still the same envelope."""
        for key in list(self._keys):
            await self.insist(key)

    async def insist(self, key: str) -> None:
        """Send until it is taken."""
        while (envelope := await self._send(key)) is None:
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._until_it_serves()
        self.by_key[key] = envelope
        self.taken += 1

    def new_key(self) -> str:
        """Of an envelope that is still to be sent; it says who sends it, and whether it may."""
        number = next(self._numbers)
        is_forbidden = number % _ONE_FORBIDDEN_OF == _ONE_FORBIDDEN_OF - 1
        side = SIDES[0] if is_forbidden else SIDES[number % 2]
        key = f"{side}-{number}-{'forbidden' if is_forbidden else 'allowed'}"
        self._keys.append(key)
        return key

    async def _call(self, until: Callable[[], bool]) -> None:
        while not until():
            chance = self._dice.random()
            if chance < _REPEATED and self._keys:
                await self.insist(self._dice.choice(self._keys))
                continue
            key = self.new_key()
            if chance < _REPEATED + _TWICE:
                await asyncio.gather(self.insist(key), self.insist(key))
            else:
                await self.insist(key)
            await asyncio.sleep(_BETWEEN_SECONDS)

    async def _send(self, key: str) -> str | None:
        attempt, (side, _, kind) = str(next(self._attempts)), key.split("-")
        self._log.note(Asked(attempt=attempt, key=key, is_allowed=kind == "allowed", at=_now()))
        asked, files = self._described(key)
        try:
            told = await self._clients[side].send(asked, files, key=key)
        except GatewayRefusedError as refused:
            if refused.problem.get("status") not in _AGAIN:
                raise
            return None
        except (aiohttp.ClientError, OSError, TimeoutError, KeyError):
            return None
        envelope = str(told["envelope"]["id"])
        self._log.note(Taken(attempt=attempt, key=key, envelope=envelope, at=_now()))
        return envelope

    def _described(self, key: str) -> tuple[dict[str, Any], list[tuple[str, bytes]]]:
        side, written, kind = key.split("-")
        number, us = int(written), self._town.sites[side]
        them = self._town.partner_of(us)
        turns = _TURNS[number % len(_TURNS)]
        name = ALLOWED if kind == "allowed" else FORBIDDEN
        parties = [
            {
                "id": each.name,
                "kind": "organisation",
                "account": each.company.organisation,
                "name": each.company.title,
                "turn": turn,
            }
            for each, turn in zip((us, them), turns, strict=True)
        ]
        asked = {
            "title": f"合同 {number}",
            "company": side,
            "parties": parties,
            "documentType": "purchase-contract",
            "seal": "contract",
            "expiresAt": "2099-12-31T00:00:00Z",
            "businessNumber": f"PO-{number}",
            "mode": "open" if number % 5 == 0 else "encrypted",
        }
        return asked, [(name, self._files[name])]


def _now() -> float:
    return time.time()  # noqa: TID251 - the shim's log has the machine's clock
