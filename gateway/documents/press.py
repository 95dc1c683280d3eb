"""From the bytes that came in to what can be signed: intake, then one of two ways to prepare.

The lean way reads first, with its proof that the intake rules would find nothing. Without that
proof the document is inspected, before anything in it is drawn or searched; where the lean way is
in doubt, pyHanko prepares it. What the document says is looked for last, where somebody asks.
"""

from collections.abc import Iterable

import msgspec

from gateway.documents.asking import content_of
from gateway.documents.errors import DamagedDocumentProblem, DocumentTooDemandingProblem
from gateway.documents.inspection.inspecting import READERS_DIFFER, inspect
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.press import LeanPress
from gateway.documents.lean.reading import LeanReading, read
from gateway.documents.missing import refuse_what_was_missing
from gateway.documents.model import Doubt, Preparation, Prepared
from gateway.documents.normalizing import normalize
from gateway.documents.proving import found_by_drawing
from gateway.documents.pyhanko.opened import Opened
from gateway.documents.pyhanko.press import PyHankoPress
from gateway.documents.pyhanko.reading import reading_refusals
from gateway.documents.stamp.model import Artwork
from gateway.seals.model import SealMaterial
from policies.model import BesideKeyword, IntakeFinding, OnPage, OnPages, Placement, Several

Findings = tuple[IntakeFinding, ...]

# Of two readings of a document a rewrite keeps one, and nobody knows whether it is the one that
# its author saw. So these findings stay whatever comes of it.
_OF_THE_ORIGINAL = READERS_DIFFER | {"limits"}


class TwoWayPress:
    """Prepares PDFs for one seal."""

    def __init__(self, material: SealMaterial, artwork: Artwork | None) -> None:
        self._second = PyHankoPress(material, artwork)
        self.containers = self._second.containers
        self._lean = LeanPress(material, artwork, self.containers)
        # After a certification that permits no changes nothing can come to light any more.
        self._is_final = material.kind == "certification" and material.permission == "no-changes"

    def prepare(self, document: bytes, preparation: Preparation) -> Prepared:
        """See `gateway.documents.interfaces.DocumentPress.prepare`."""
        if not preparation.normalize:
            return self._prepare(document, preparation, ())
        look_under = self._looks_under(preparation)
        findings = inspect(document, look_under=look_under)
        kept = tuple(each for each in findings if each.rule in _OF_THE_ORIGINAL)
        anew = normalize(document)
        return msgspec.structs.replace(
            self._prepare(anew, preparation, kept),
            normalized=anew,
        )

    def _prepare(self, document: bytes, preparation: Preparation, kept: Findings) -> Prepared:
        """Prepare; `kept` is what was found in the document before it was written anew."""
        with Opened(document) as opened:
            return self._prepare_opened(opened, preparation, kept)

    def _prepare_opened(self, opened: Opened, preparation: Preparation, kept: Findings) -> Prepared:
        document = opened.document
        look_under = self._looks_under(preparation)
        reading: LeanReading | None = None
        prepared: Prepared | None = None
        doubt: Doubt | None = None
        with reading_refusals():
            try:
                reading = read(document)
            except InDoubtError as doubtful:
                doubt = doubtful.doubt
            proved = None
            if reading is not None:
                proved = found_by_drawing(reading, opened.pages, look_under=look_under)
        is_proved = proved is not None
        if proved is None:
            proved = inspect(document, look_under=look_under, opened=opened)
        findings = _united(proved, kept)
        _refuse_uncertain_text(preparation.placement, findings)
        if reading is not None:
            with reading_refusals():
                try:
                    prepared = self._lean.prepare(reading, preparation, opened.pages)
                except InDoubtError as doubtful:
                    doubt = doubtful.doubt
        if prepared is None:
            prepared = self._second.prepare(document, preparation, opened)
            prepared = msgspec.structs.replace(prepared, doubt=doubt)
        if not is_proved:
            with reading_refusals():
                refuse_what_was_missing(opened, prepared.update)
        if not findings and not preparation.ask:
            return prepared
        facts = msgspec.structs.replace(prepared.facts, findings=findings)
        if preparation.ask:
            content = content_of(document, preparation, reading, findings, opened)
            facts = msgspec.structs.replace(facts, content=content)
        return msgspec.structs.replace(prepared, facts=facts)

    def _looks_under(self, preparation: Preparation) -> bool:
        return preparation.look_under or not self._is_final


def _united(findings: Findings, kept: Findings) -> Findings:
    found = {each.rule: each for each in (*findings, *kept)}
    return tuple(found[rule] for rule in sorted(found))


def _refuse_uncertain_text(placement: Placement | None, findings: Iterable[IntakeFinding]) -> None:
    """Whoever looks for text may read another document than the one that was inspected.

    Raises:
        DamagedDocumentProblem: where the stamp lies depends on text, and readers differ.
        DocumentTooDemandingProblem: it does, and what would be searched is out of all bounds.
    """
    spots = placement.placements if isinstance(placement, Several) else (placement,)
    if not any(_depends_on_text(spot) for spot in spots):
        return
    for finding in findings:
        if finding.rule == "limits":
            raise DocumentTooDemandingProblem(f"its text cannot be searched: {finding.detail}")
        if finding.rule in READERS_DIFFER:
            raise DamagedDocumentProblem(
                "readers may differ about it, so nobody can say with certainty where its text is: "
                f"{finding.detail} ({finding.rule})"
            )


def _depends_on_text(spot: Placement | None) -> bool:
    if isinstance(spot, BesideKeyword):
        return True
    return isinstance(spot, OnPage | OnPages) and spot.avoid == "overlap"
