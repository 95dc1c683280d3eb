"""The text of documents, read by the workers: whoever parses a stranger's PDF is confined there."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from connectors.model import Fetched
from gateway.clock import Clock
from gateway.documents.interfaces import DocumentPress
from gateway.documents.model import Preparation
from gateway.errors import Problem
from gateway.seals.in_force import InForce
from gateway.signing.ids import new_document_id
from policies.model import Fact, Invisible

_AT_ONCE = 8
_ASK = frozenset[Fact]({"text"})


class DocumentTexts:
    """Has documents read as if they were to be sealed invisibly; nothing of that is kept."""

    def __init__(
        self, press: DocumentPress, *, in_force: Callable[[], InForce], clock: Clock
    ) -> None:
        self._press = press
        self._in_force = in_force
        self._clock = clock

    async def of(self, documents: Sequence[Fetched]) -> Mapping[str, str | Problem]:
        """By id: its text as people see it, or why it has none.

        Those that cannot be read for certain have no entry.

        Raises:
            Problem: nothing can be read now.
        """
        turns = asyncio.Semaphore(_AT_ONCE)
        found: dict[str, str | Problem] = {}

        async def read(fetched: Fetched) -> None:
            async with turns:
                text = await self._text(fetched.content)
            if text is not None:
                found[fetched.id] = text

        await asyncio.gather(*(read(each) for each in documents if not each.problem))
        return found

    async def _text(self, document: bytes) -> str | Problem | None:
        now = self._clock.now().replace(microsecond=0)
        preparation = Preparation(
            document_id=new_document_id(now), signed_at=now, placement=Invisible(), ask=_ASK
        )
        # Whichever: of the document, all of them ask the same.
        seal = next(iter(self._in_force().seals.values()))
        try:
            prepared = await self._press.prepare(document, preparation, seal)
        except Problem as problem:
            if problem.retry_after_seconds is not None:
                raise
            return problem
        content = prepared.facts.content
        return content.text if content and "text" in content.asked else None
