"""From the bytes that came in to what can be signed: intake, then one of two ways to prepare.

The lean way comes first, with its proof that the intake rules would find nothing. Without that
proof the document is inspected; where the lean way is in doubt, pyHanko prepares it.
"""

import hashlib

import msgspec

from gateway.documents.inspection.inspecting import inspect
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.press import LeanPress
from gateway.documents.model import Doubt, Preparation, Prepared
from gateway.documents.normalizing import normalize
from gateway.documents.pdf.press import PDFPress
from gateway.documents.pdf.reading import reading_refusals
from gateway.documents.stamp.model import Artwork
from gateway.seals.model import SealMaterial
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


class TwoWayPress:
    """Prepares PDFs for one seal."""

    def __init__(self, material: SealMaterial, artwork: Artwork | None) -> None:
        self._second = PDFPress(material, artwork)
        self.containers = self._second.containers
        self._lean = LeanPress(material, artwork, self.containers)
        # After a certification that permits no changes nothing can come to light any more.
        self._is_final = material.kind == "certification" and material.permission == "no-changes"

    def prepare(self, document: bytes, preparation: Preparation) -> Prepared:
        """See `gateway.documents.interfaces.DocumentPress.prepare`."""
        if not preparation.normalize:
            return self._prepare(document, preparation)
        look_under = self._looks_under(preparation)
        kept = [each for each in inspect(document, look_under=look_under) if _stays(each)]
        anew = normalize(document)
        prepared = self._prepare(anew, preparation)
        found = {each.rule: each for each in (*prepared.facts.findings, *kept)}
        return msgspec.structs.replace(
            _with(prepared, tuple(found[rule] for rule in sorted(found))),
            input_digest=hashlib.sha256(document).digest(),
            normalized=anew,
        )

    def _prepare(self, document: bytes, preparation: Preparation) -> Prepared:
        look_under = self._looks_under(preparation)
        doubt: Doubt | None = None
        prepared: Prepared | None = None
        is_clean = False
        with reading_refusals():
            try:
                prepared, is_clean = self._lean.prepare(
                    document, preparation, look_under=look_under
                )
            except InDoubtError as doubtful:
                doubt = doubtful.doubt
        findings = () if is_clean else inspect(document, look_under=look_under)
        if prepared is None:
            prepared = self._second.prepare(document, preparation)
            prepared = msgspec.structs.replace(prepared, doubt=doubt)
        return _with(prepared, findings)

    def _looks_under(self, preparation: Preparation) -> bool:
        return preparation.look_under or not self._is_final


def _stays(finding: IntakeFinding) -> bool:
    return finding.rule in _OF_THE_ORIGINAL


def _with(prepared: Prepared, findings: tuple[IntakeFinding, ...]) -> Prepared:
    if prepared.facts.findings == findings:
        return prepared
    facts = msgspec.structs.replace(prepared.facts, findings=findings)
    return msgspec.structs.replace(prepared, facts=facts)
