"""What was sealed before a freeze and has not left the house yet: whether it still may.

Officers freeze by a statement of theirs, or by policies that give a seal the state `frozen`.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from gateway.freezes.book import FreezeBook
from gateway.freezes.guard import told
from gateway.freezes.model import Freeze
from gateway.freezes.scopes import covers
from gateway.seals.in_force import InForce
from gateway.store.engines.lane import WriterLane
from gateway.store.rows.documents import DocumentReader
from policies.bundle import Bundle
from policies.model import SealRequest
from policies.objects.seals import Seal

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
        self._seen: tuple[Bundle, Mapping[str, Seal]] | None = None

    async def against(self, system: str, keys: Iterable[str]) -> str | None:
        """Why documents that a system had sealed must not leave now; None: they may.

        The freezes count from their record on, those of other nodes too, and the policies that are
        in force now. While anything is frozen, a document of which nothing tells what was asked
        does not leave.

        Args:
            system: who asked for them.
            keys: the idempotency keys by which they were asked for.

        Raises:
            StoreProblem: the database does not say.
        """
        freezes = await self._live()
        bundle = self._in_force().bundle
        by_policies = self._by_policies(bundle)
        if not freezes and not by_policies:
            return None
        for key in keys:
            row = await self._documents.by_key(system, key)
            if row is None:
                what = f"freeze {freezes[0].id}" if freezes else "a freeze by policies"
                return (
                    f"{what} is in force, and nothing tells whether it is of this document: it was "
                    "sealed, and what was asked for it is not here"
                )
            asked = _request.decode(row.request)
            freeze = next((each for each in freezes if covers(each, asked, bundle)), None)
            if freeze is not None:
                return told(freeze, asked)
            seal = bundle.seals.get(asked.seal)
            frozen = None if seal is None else by_policies.get(seal.key)
            if frozen is not None:
                why = frozen.frozen_reason or "no reason is given"
                return f"the policies freeze the seal {frozen.name}: {why}"
        return None

    async def _live(self) -> tuple[Freeze, ...]:
        """All that is frozen durably; what other nodes have frozen is followed in a unit of work.

        Where nobody else writes, the book has each freeze before any officer is told of it.
        """
        if self._lane.is_shared:
            return await self._lane.write(self._book.live_in)
        return self._book.live

    def _by_policies(self, bundle: Bundle) -> Mapping[str, Seal]:
        """The seals that the policies freeze, by their keys: what is frozen is the key."""
        if self._seen is None or self._seen[0] is not bundle:
            frozen = {each.key: each for each in bundle.seals.values() if each.state == "frozen"}
            self._seen = bundle, frozen
        return self._seen[1]
