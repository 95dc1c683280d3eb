"""How each of several tokens stands."""

import asyncio
from typing import Literal

import msgspec

from hsm.client import SignerClient

TokenState = Literal["signs", "stands-by", "away", "pin-refused", "other-keys"]
"""`away` is what no other word says: it cannot be reached, hangs, or is being proved."""


class TokenStanding(msgspec.Struct, frozen=True, kw_only=True):
    """How a token stands.

    Attributes:
        token: what it is called, as `HSMConfig.names` has it.
        state: see `TokenState`.
        why: why it neither signs nor stands by; None when it does.
    """

    token: str
    state: TokenState
    why: str | None


class Token:
    """One token: the client of its signer, whether its first start is over, and other keys."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started = asyncio.Event()
        self.other_keys: str | None = None
        self.client: SignerClient

    def standing(self, *, signs: bool) -> TokenStanding:
        """How it stands; `signs` says whether it is the one that signs now."""
        client = self.client
        state: TokenState
        if client.pin_was_refused:
            state = "pin-refused"
        elif client.serves:
            state = "signs" if signs else "stands-by"
        else:
            state = "away" if self.other_keys is None else "other-keys"
        why = None if state in ("signs", "stands-by") else self.other_keys or client.why_down
        return TokenStanding(token=self.name, state=state, why=why)
