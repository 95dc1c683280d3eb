"""What the rooms above ask of the press."""

from collections.abc import Sequence
from typing import Protocol

from cloud_bridge.network.press.model import Mark, Pressed


class Press(Protocol):
    """Puts a person's act into a document."""

    async def press(
        self, base: bytes, marks: Sequence[Mark], *, name: str, envelope: str, party: str
    ) -> Pressed:
        """The base with one more revision: the marks, and the person's signature over all of it.

        Raises:
            PressError: it cannot be done, and why.
        """
        ...


def field_of(envelope: str, party: str) -> str:
    """The signature field of a party: without the full stops that would divide it.

    No party's id has a plus sign, so `a.b` and `a_b` have fields of their own.
    """
    return f"Person-{envelope}-{party}".replace(".", "+")
