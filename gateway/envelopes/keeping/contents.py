"""Documents of envelopes, in the clear, in our own store. What is here was verified before.

A revision begins with the bytes of the one before, so the newest file holds all of them: each
version's row names as many of its bytes as the version has.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cloud_bridge.encryption import opened
from cloud_bridge.errors import NetworkLiesError
from gateway.envelopes.errors import EnvelopeContentMissingProblem
from gateway.envelopes.ground import Ground, Member
from gateway.signing.digests import HashedDocument, hashed
from gateway.store.engines.lane import Transaction
from gateway.store.errors import StoreProblem
from gateway.store.files.content import Content, Location
from gateway.store.rows.envelope_contents import SHELF, ContentRow, put_content


@dataclass(frozen=True, slots=True)
class Part:
    """A version of a document that is within a file: so many of its first bytes."""

    digest: str
    size: int


class Contents:
    """Keeps and fetches documents of envelopes."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def here(self, organisation: str, envelope: str) -> dict[str, ContentRow]:
        """What of an envelope is here, by its digest."""
        rows = await self._ground.contents.of_envelope(organisation, envelope)
        return {row.digest: row for row in rows}

    async def read(self, row: ContentRow) -> HashedDocument:
        """The bytes of a version.

        Raises:
            StoreProblem: they are gone, or not what was kept.
        """
        content = await hashed(await self._ground.content.get(row.location, row.size))
        if content.digest.hex() != row.digest:
            raise StoreProblem(
                f"document {row.digest[:16]}… of envelope {row.envelope} in {row.segment} was "
                "changed; put the segment back from a backup"
            )
        return content

    async def of_digest(self, organisation: str, envelope: str, digest: str) -> bytes:
        """The bytes of the version of that digest; raises as `hashed_of_digest`."""
        return (await self.hashed_of_digest(organisation, envelope, digest)).content

    async def hashed_of_digest(
        self, organisation: str, envelope: str, digest: str
    ) -> HashedDocument:
        """The version of that digest, as it was hashed to see that it is.

        Raises:
            EnvelopeContentMissingProblem: it is not here.
            StoreProblem: it is gone, or not what was kept.
        """
        row = await self._ground.contents.by_digest(organisation, envelope, digest)
        if row is None:
            raise EnvelopeContentMissingProblem(f"envelope {envelope} lacks {digest[:16]}…")
        return await self.read(row)

    async def fetch(self, member: Member, envelope: str, digest: str) -> bytes:
        """A document from the network, opened: as the feed brought it along, or as it is asked for.

        Raises:
            NetworkError: it is away, does not give it, or gives something else.
        """
        content = self._ground.brought.take(member.organisation, envelope, digest)
        if content is None:
            content = await member.network.content(envelope, digest)
        if content.head.envelope != envelope or content.head.digest != digest:
            raise NetworkLiesError(
                f"asked for {digest[:16]}… of envelope {envelope} the network gave "
                f"{content.head.digest[:16]}… of {content.head.envelope}",
                lie="content",
            )
        return opened(content, organisation=member.organisation, key=member.encryption_key)

    async def keep(
        self,
        member: Member,
        envelope: str,
        document: str,
        content: bytes,
        *,
        parts: Sequence[Part],
        suffix: str = "pdf",
        besides: Callable[[Transaction], None] = lambda _unit: None,
    ) -> None:
        """Keep a file, and say which versions are in it.

        Args:
            member: whose copy it is.
            envelope: its id.
            document: its name in the terms, or that of what was given along.
            content: the file.
            parts: the versions.
            suffix: of the file, for those who read the store.
            besides: what else becomes true with it, in the same transaction.

        Raises:
            StoreProblem: it could not be written.
        """
        now = self._ground.clock.now()
        name = f"{parts[-1].digest}.{suffix}"
        kept = Content(name, now, (content,), shelf=SHELF)

        def unit(transaction: Transaction, location: Location) -> None:
            for part in parts:
                row = ContentRow(
                    organisation=member.organisation,
                    envelope=envelope,
                    digest=part.digest,
                    document=document,
                    size=part.size,
                    segment=location.segment,
                    segment_offset=location.offset,
                )
                put_content(transaction, row, at=now)
            besides(transaction)

        await self._ground.lane.write_with(kept, unit)
