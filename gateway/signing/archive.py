"""What was sealed, for the system that had it sealed."""

from gateway.signing.digests import sha256_of
from gateway.signing.errors import (
    ActIncompleteProblem,
    ContentErasedProblem,
    DocumentUnknownProblem,
    NotSealedProblem,
)
from gateway.signing.model import SealedDocument
from gateway.store.errors import StoreProblem
from gateway.store.files.content import ContentStore
from gateway.store.rows.documents import DocumentReader, DocumentRow
from policies.model import Caller


class Archive:
    """Reads documents back. A system sees its own only; others' do not exist for it."""

    def __init__(self, *, reader: DocumentReader, content: ContentStore) -> None:
        self._reader = reader
        self._content = content

    async def row(self, document_id: str, caller: Caller) -> DocumentRow:
        """The document's row.

        Raises:
            DocumentUnknownProblem: there is none, or it is another system's.
        """
        row = await self._reader.by_id(document_id)
        if row is None or row.system != caller.system:
            raise DocumentUnknownProblem(
                f"system {caller.system!r} has no document {document_id!r}"
            )
        return row

    async def sealed(self, document_id: str, caller: Caller) -> SealedDocument:
        """The document with its content.

        Raises:
            DocumentUnknownProblem: there is none, or it is another system's.
            NotSealedProblem: its seal was never completed.
            ActIncompleteProblem: further seals belong on it, and are not there yet.
        """
        row = await self.row(document_id, caller)
        if row.act is not None and not row.is_last:
            whole = await self._reader.by_id(row.act)
            if whole is None or not whole.is_sealed:
                raise ActIncompleteProblem(
                    f"document {row.id} is part {row.part} of {row.parts} of an act, and its "
                    "revision is given out only once all seals are on it"
                )
        return await self.content_of(row)

    async def parts(self, row: DocumentRow) -> tuple[DocumentRow, ...]:
        """The rows of the document's act, as far as it has come; empty for a seal alone."""
        return () if row.act is None else await self._reader.by_act(row.act)

    async def content_of(self, row: DocumentRow) -> SealedDocument:
        """A sealed row with its content, which must be what was kept.

        Raises:
            NotSealedProblem: its seal was never completed.
            ContentErasedProblem: it is kept no more.
            StoreProblem: the content is gone, or is not what was released.
        """
        if row.erased_index is not None:
            raise ContentErasedProblem(
                f"document {row.id} was sealed, and erased by record {row.erased_index}"
            )
        if row.location is None or row.output_bytes is None:
            raise NotSealedProblem(f"document {row.id} has an intent and no outcome")
        content = await self._content.get(row.location, row.output_bytes)
        if await sha256_of(content) != row.output_digest:
            raise StoreProblem(
                f"the content of document {row.id} in {row.location.segment} was changed; "
                "put the segment back from a backup"
            )
        return SealedDocument(row, (content,), repeated=True, parts=await self.parts(row))
