"""From the bytes that came in to what can be signed: intake first, then the press."""

import hashlib

import msgspec

from gateway.documents.inspection.inspecting import inspect
from gateway.documents.model import Preparation, Prepared
from gateway.documents.normalizing import normalize
from gateway.documents.pdf.press import PDFPress
from policies.model import IntakeFinding

# Of two readings of a document a rewrite keeps one, and nobody knows whether it is the one that
# its author saw. So these findings stay whatever comes of it.
_OF_THE_ORIGINAL = frozenset(
    {
        "ambiguous-structure",
        "duplicate-keys",
        "duplicate-objects",
        "hybrid-cross-references",
        "limits",
    }
)


def prepare(press: PDFPress, document: bytes, preparation: Preparation) -> Prepared:
    """See `gateway.documents.interfaces.DocumentPress.prepare`."""
    findings = inspect(document)
    if not preparation.normalize:
        prepared = press.prepare(document, preparation)
        return _with(prepared, findings)
    normalized = normalize(document)
    kept = [finding for finding in findings if finding.rule in _OF_THE_ORIGINAL]
    found = {finding.rule: finding for finding in (*inspect(normalized), *kept)}
    prepared = press.prepare(normalized, preparation)
    return msgspec.structs.replace(
        _with(prepared, tuple(found[rule] for rule in sorted(found))),
        input_digest=hashlib.sha256(document).digest(),
        normalized=normalized,
    )


def _with(prepared: Prepared, findings: tuple[IntakeFinding, ...]) -> Prepared:
    facts = msgspec.structs.replace(prepared.facts, findings=findings)
    return msgspec.structs.replace(prepared, facts=facts)
