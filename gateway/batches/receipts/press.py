"""Manifests instead of PDFs under the signing cycle: the same steps, the same way to the key.

What is released is the manifest and, behind it, `<`, the container in hex, and `>`. The signed
attributes have the digest of the manifest alone, so the container is a detached CMS signature of
it; `attached` puts the two together.
"""

from functools import lru_cache

from asn1crypto import cms

from gateway.documents.container import ContainerPress
from gateway.documents.model import Preparation, Prepared
from gateway.seals.model import SealMaterial
from hsm.interfaces import Mechanism
from policies.model import DocumentFacts

_MOST_CONTAINER_PRESSES = 64


class ReceiptPress:
    """Implements `DocumentPress` for manifests that the gateway has written itself.

    Their facts say that they have no page, which no PDF may say: a rule that asks for that is one
    for receipts alone.
    """

    async def prepare(
        self,
        document: bytes,
        preparation: Preparation,  # noqa: ARG002 - nothing is placed
        seal: SealMaterial,
    ) -> Prepared:
        """See `DocumentPress`."""
        room = 2 * _containers(seal).room
        return Prepared(
            facts=DocumentFacts(
                pages=0, size_bytes=len(document), revisions=0, signatures=0, pdf_version=""
            ),
            update=b"<" + b"0" * room + b">",
            container_at=1,
            container_room=room,
            stamps=(),
        )

    def to_be_signed(self, document_digest: bytes, seal: SealMaterial) -> bytes:
        """See `DocumentPress`."""
        return _containers(seal).to_be_signed(document_digest)

    async def complete(
        self, prepared: Prepared, seal: SealMaterial, *, to_be_signed: bytes, signature: bytes
    ) -> bytes:
        """See `DocumentPress`."""
        containers = _containers(seal)
        return containers.complete(prepared, to_be_signed=to_be_signed, signature=signature)


def attached(released: bytes, *, manifest_length: int) -> bytes:
    """The CMS SignedData that holds its manifest (RFC 5652 §5.2), DER, of what was released."""
    manifest, behind = released[:manifest_length], released[manifest_length:]
    container = cms.ContentInfo.load(bytes.fromhex(behind[1:-1].decode()))
    container["content"]["encap_content_info"]["content"] = manifest
    # All else stays as it was encoded: to encode certificates anew takes fifty times as long.
    made: bytes = container.dump()
    return made


def _containers(seal: SealMaterial) -> ContainerPress:
    return _containers_of(seal.certificates, seal.mechanism)


@lru_cache(_MOST_CONTAINER_PRESSES)
def _containers_of(certificates: tuple[bytes, ...], mechanism: Mechanism) -> ContainerPress:
    return ContainerPress(certificates=certificates, mechanism=mechanism)
