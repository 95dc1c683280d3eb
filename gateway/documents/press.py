"""Two ways to prepare a PDF: the lean one, and pyHanko for whatever the lean one is not sure of."""

import msgspec

from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.press import LeanPress
from gateway.documents.model import Preparation, Prepared
from gateway.documents.pdf.press import PDFPress
from gateway.documents.pdf.reading import reading_refusals
from gateway.documents.stamp.model import Artwork
from gateway.seals.model import SealMaterial


class TwoWayPress:
    """Prepares PDFs for one seal, the lean way where that is certain."""

    def __init__(self, material: SealMaterial, artwork: Artwork | None) -> None:
        self._second = PDFPress(material, artwork)
        self.containers = self._second.containers
        self._lean = LeanPress(material, artwork, self.containers)

    def prepare(self, document: bytes, preparation: Preparation) -> Prepared:
        """See `gateway.documents.interfaces.DocumentPress.prepare`."""
        with reading_refusals():
            try:
                return self._lean.prepare(document, preparation)
            except InDoubtError as doubtful:
                doubt = doubtful.doubt
        prepared = self._second.prepare(document, preparation)
        return msgspec.structs.replace(prepared, doubt=doubt)
