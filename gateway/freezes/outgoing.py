"""What was sealed before a freeze and has not left the house yet: whether it still may."""

from collections.abc import Callable, Iterable

import msgspec

from gateway.freezes.book import FreezeBook
from gateway.freezes.guard import told
from gateway.freezes.scopes import covers
from gateway.seals.in_force import InForce
from gateway.store.documents import DocumentReader
from gateway.store.lane import WriterLane
from policies.model import SealRequest

_request = msgspec.json.Decoder(SealRequest)


class Outgoing:
    """Holds what is about to leave against the freezes, by what was asked when it was sealed."""

    def __init__(
        self,
        *,
        book: FreezeBook,
        lane: WriterLane,
        documents: DocumentReader,
        in_force: Callable[[], InForce],
    ) -> None:
        self._book = book
        self._lane = lane
        self._documents = documents
        self._in_force = in_force

    async def against(self, system: str, keys: Iterable[str]) -> str | None:
        """Why documents that a system had sealed must not leave now; None: they may.

        The freezes are looked at in a unit of work, so that those of other nodes count from their
        record on, too. While anything is frozen, a document of which nothing tells what was asked
        does not leave.

        Args:
            system: who asked for them.
            keys: the idempotency keys by which they were asked for.

        Raises:
            StoreProblem: the database does not say.
        """
        freezes = await self._lane.write(self._book.live_in)
        if not freezes:
            return None
        bundle = self._in_force().bundle
        for key in keys:
            row = await self._documents.by_key(system, key)
            if row is None:
                return (
                    f"freeze {freezes[0].id} is in force, and nothing tells whether it is of this "
                    "document: it was sealed, and what was asked for it is not here"
                )
            asked = _request.decode(row.request)
            freeze = next((each for each in freezes if covers(each, asked, bundle)), None)
            if freeze is not None:
                return told(freeze, asked)
        return None
