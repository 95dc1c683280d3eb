"""From the bytes that came in to what can be signed: intake first, then the press."""

import msgspec

from gateway.documents.inspection.inspecting import inspect
from gateway.documents.model import Preparation, Prepared
from gateway.documents.pdf.press import PDFPress


def prepare(press: PDFPress, document: bytes, preparation: Preparation) -> Prepared:
    """See `gateway.documents.interfaces.DocumentPress.prepare`."""
    findings = inspect(document)
    prepared = press.prepare(document, preparation)
    facts = msgspec.structs.replace(prepared.facts, findings=findings)
    return msgspec.structs.replace(prepared, facts=facts)
