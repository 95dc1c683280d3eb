"""From the bytes that came in to what can be signed: intake first, then the press."""

import hashlib
from collections.abc import Iterable

import msgspec

from gateway.documents.errors import DamagedDocumentProblem
from gateway.documents.inspection.inspecting import READERS_DIFFER, inspect
from gateway.documents.model import Preparation, Prepared
from gateway.documents.normalizing import normalize
from gateway.documents.pdf.press import PDFPress
from policies.model import BesideKeyword, IntakeFinding

# Of two readings of a document a rewrite keeps one, and nobody knows whether it is the one that
# its author saw. So these findings stay whatever comes of it.
_OF_THE_ORIGINAL = READERS_DIFFER | {"limits"}


def prepare(press: PDFPress, document: bytes, preparation: Preparation) -> Prepared:
    """See `gateway.documents.interfaces.DocumentPress.prepare`."""
    findings = inspect(document)
    if not preparation.normalize:
        _refuse_keyword(preparation, findings)
        return _with(press.prepare(document, preparation), findings)
    normalized = normalize(document)
    kept = [finding for finding in findings if finding.rule in _OF_THE_ORIGINAL]
    found = {finding.rule: finding for finding in (*inspect(normalized), *kept)}
    _refuse_keyword(preparation, found.values())
    prepared = press.prepare(normalized, preparation)
    return msgspec.structs.replace(
        _with(prepared, tuple(found[rule] for rule in sorted(found))),
        input_digest=hashlib.sha256(document).digest(),
        normalized=normalized,
    )


def _with(prepared: Prepared, findings: tuple[IntakeFinding, ...]) -> Prepared:
    facts = msgspec.structs.replace(prepared.facts, findings=findings)
    return msgspec.structs.replace(prepared, facts=facts)


def _refuse_keyword(preparation: Preparation, findings: Iterable[IntakeFinding]) -> None:
    """Whoever looks for text may read another document than the one that was inspected.

    Raises:
        DamagedDocumentProblem: the stamp is to lie beside a keyword, and readers differ.
    """
    if not isinstance(preparation.placement, BesideKeyword):
        return
    for finding in findings:
        if finding.rule in READERS_DIFFER:
            raise DamagedDocumentProblem(
                f"readers may differ about it, so a keyword cannot be found with certainty: "
                f"{finding.detail} ({finding.rule})"
            )
