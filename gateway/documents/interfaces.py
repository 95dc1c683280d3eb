"""What the signing room may rely on from whoever prepares and completes documents."""

from typing import Protocol

from gateway.documents.model import Preparation, Prepared
from gateway.seals.model import SealMaterial


class DocumentPress(Protocol):
    """Prepares a document for a signature and completes it with one.

    `document + update` is the sealed document: the bytes that came in are never touched. Where the
    preparation says `normalize`, the document written anew takes their place (`Prepared`).
    """

    async def prepare(
        self, document: bytes, preparation: Preparation, seal: SealMaterial
    ) -> Prepared:
        """Read the document, find its facts, place the stamp and fix the bytes to be signed.

        Raises:
            DocumentProblem: the document cannot be sealed; the subclass says why. A document that
                makes the worker hang, crash or eat memory is refused like any other.
        """
        ...

    def to_be_signed(self, document_digest: bytes, seal: SealMaterial) -> bytes:
        """The signed attributes of a document with this digest (RFC 5652 §5.4).

        The DER of an explicit SET OF; their digest is what the key signs.
        """
        ...

    async def complete(
        self, prepared: Prepared, seal: SealMaterial, *, to_be_signed: bytes, signature: bytes
    ) -> bytes:
        """Fill in what was signed and the signature value; gives the final `update`."""
        ...
