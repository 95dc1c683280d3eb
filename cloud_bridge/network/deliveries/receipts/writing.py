"""Writes a receipt into the documents, and signs them with a key for this one act."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from cloud_bridge.envelopes.statements import Revision
from cloud_bridge.network.deliveries.consignment import Consignment
from cloud_bridge.network.deliveries.marks import left_empty, marks_of, values_of
from cloud_bridge.network.deliveries.model import KeptReceipt
from cloud_bridge.network.deliveries.problems import (
    DocumentRefusedProblem,
    ReceiptSenselessProblem,
)
from cloud_bridge.network.interfaces import EnvelopeBook
from cloud_bridge.network.press.errors import PressError
from cloud_bridge.network.press.interfaces import Press, field_of


@dataclass(frozen=True, slots=True)
class Written:
    """A document with the bearer's signature, which nobody was told of yet."""

    revision: Revision
    document: bytes


class Writing:
    """Makes the bearer's revisions."""

    def __init__(self, *, book: EnvelopeBook, press: Press) -> None:
        self._book = book
        self._press = press

    async def write(self, kept: KeptReceipt, of: Consignment) -> Sequence[Written]:
        """Each document of the envelope with what was told; of a refusal: none.

        Raises:
            ReceiptSenselessProblem: a field is left empty, or cannot be written as it is.
            DocumentRefusedProblem: a document takes no signature.
            PressError: the press is too slow, or has no font.
        """
        if kept.receipt.refused:
            return ()
        for name in left_empty(of.party, values_of(kept, of.terms)):
            raise ReceiptSenselessProblem(f"{name} may not be left empty", reason="empty")
        return [await self._one(document, kept, of) for document in of.state.current]

    async def _one(self, document: str, kept: KeptReceipt, of: Consignment) -> Written:
        base = of.state.current[document]
        before = (await self._book.content(kept.envelope, base)).body
        marks = marks_of(of.party, document, kept.receipt, values_of(kept, of.terms))
        try:
            pressed = await self._press.press(
                before, marks, name=kept.by.name, envelope=kept.envelope, party=kept.party
            )
        except PressError as error:
            if error.reason in {"document", "page", "closed"}:
                raise DocumentRefusedProblem(f"{document}: {error}") from error
            if error.reason != "text":
                raise
            raise ReceiptSenselessProblem(f"{error.field}: {error}", reason="text") from error
        revision = Revision(
            document=document,
            base=base,
            digest=hashlib.sha256(pressed.document).hexdigest(),
            size=len(pressed.document),
            container=pressed.container,
            field=field_of(kept.envelope, kept.party),
        )
        return Written(revision=revision, document=pressed.document)
