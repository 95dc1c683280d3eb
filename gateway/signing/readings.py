"""What has been read in a document, for whoever asks for the same of the same bytes again soon.

A document that is examined before it is sealed (an item of a batch, a contract) is read twice, and
reading is by far the most that it costs: each page is drawn. What was found is a function of the
bytes and of what was asked, so it need not be found again. All else that a worker does with a
document, intake rules among it, is done each time.
"""

import hashlib
from collections import OrderedDict
from datetime import UTC, datetime

import msgspec

from gateway.documents.interfaces import DocumentPress
from gateway.documents.model import Preparation, Prepared
from gateway.seals.model import SealMaterial
from gateway.signing.digests import HashedDocument
from policies.model import ContentFacts

_DOCUMENTS = 256
_LONGEST_TEXT = 65_536
# A template's fields are a mapping that is read only.
_encoder = msgspec.json.Encoder(order="deterministic", enc_hook=dict)
_NEVER = datetime.fromtimestamp(0, UTC)


class Readings:
    """The newest readings, in memory. Of one event loop.

    Args:
        press: has documents read.
        documents: how many are remembered; the one that was used longest ago goes first.
    """

    def __init__(self, press: DocumentPress, documents: int = _DOCUMENTS) -> None:
        self._press = press
        self._documents = documents
        self._known: OrderedDict[bytes, ContentFacts] = OrderedDict()

    async def prepare(
        self, document: HashedDocument, preparation: Preparation, seal: SealMaterial
    ) -> Prepared:
        """See `DocumentPress.prepare`; what is known of the content is not looked for again."""
        content = self.of(document.digest, preparation)
        if content is not None:
            blind = asking_nothing(preparation)
            prepared = await self._press.prepare(document.content, blind, seal)
            facts = msgspec.structs.replace(prepared.facts, content=content)
            return msgspec.structs.replace(prepared, facts=facts)
        prepared = await self._press.prepare(document.content, preparation, seal)
        self.remember(document.digest, preparation, prepared.facts.content)
        return prepared

    def of(self, digest: bytes, preparation: Preparation) -> ContentFacts | None:
        """What was found in a document; None where nothing was asked, or it is not known.

        Args:
            digest: SHA-256 of the document.
            preparation: with what is asked.
        """
        if not preparation.ask:
            return None
        key = _key(digest, preparation)
        found = self._known.get(key)
        if found is not None:
            self._known.move_to_end(key)
        return found

    def remember(
        self, digest: bytes, preparation: Preparation, content: ContentFacts | msgspec.UnsetType
    ) -> None:
        """Keep what a worker has found, unless it is long."""
        if isinstance(content, msgspec.UnsetType) or len(content.text or "") > _LONGEST_TEXT:
            return
        self._known[_key(digest, preparation)] = content
        while len(self._known) > self._documents:
            self._known.popitem(last=False)


def asking_nothing(preparation: Preparation) -> Preparation:
    """The same preparation, of a document of whose content all is known."""
    return msgspec.structs.replace(preparation, ask=frozenset(), templates=(), parties=())


def _key(digest: bytes, preparation: Preparation) -> bytes:
    """Of all that a reading depends on; neither our id, the moment nor the stamp is part of it."""
    asked = msgspec.structs.replace(preparation, document_id="", signed_at=_NEVER, placement=None)
    return hashlib.sha256(digest + _encoder.encode(asked)).digest()
