"""The intake rules: what about a document may speak against sealing it, and what to do about it.

A document worker finds (`gateway.documents.inspection`), this table explains, and the document
type of a request says which rules refuse (`Intake`). docs/intake.md has the long form.
"""

from collections.abc import Iterable, Mapping
from typing import Final, Literal

import msgspec

from policies.model import IntakeFinding, Reason

PREFIX: Final = "intake/"
"""Reasons of a decision name an intake rule as `intake/RULE`."""


class IntakeRule(msgspec.Struct, frozen=True, kw_only=True):
    """One rule.

    Attributes:
        name: how policies and reasons call it.
        reason: why it is dangerous, a sentence without its full stop.
        cure: what the caller or the producing system can do.
        default: what happens where no document type says otherwise.
        switchable: False where nothing could be sealed even if an officer accepted it.
    """

    name: str
    reason: str
    cure: str
    default: Literal["refuse", "accept"] = "refuse"
    switchable: bool = True


_TABLE: Final = (
    IntakeRule(
        name="active-content",
        reason="it can change what is shown, send data away or start programs after sealing",
        cure="have the producing system write the document without scripts, actions and media",
    ),
    IntakeRule(
        name="ambiguous-structure",
        reason="two readers see different documents, or one of them has to guess",
        cure="have the producing system write the file anew; printing it to PDF does that",
    ),
    IntakeRule(
        name="bytes-outside",
        reason="what lies outside the PDF may be another file that the seal would vouch for",
        cure="send the file from %PDF to its last %%EOF and nothing else",
    ),
    IntakeRule(
        name="covered-content",
        reason="text under a picture or annotation can be brought to light after sealing",
        cure="remove the covered text or what covers it; flatten the page where both are wanted",
    ),
    IntakeRule(
        name="duplicate-keys",
        reason="readers differ about which of two entries with one name counts",
        cure="have the producing system write the file anew",
    ),
    IntakeRule(
        name="duplicate-objects",
        reason="readers that rebuild the file take another object than those that do not",
        cure="have the producing system write the file anew",
    ),
    IntakeRule(
        name="embedded-files",
        reason="an attached file is sealed with the document, but nobody who looks at it sees it",
        cure="send attachments by themselves",
        default="accept",
    ),
    IntakeRule(
        name="encryption",
        reason="what cannot be read cannot be judged",
        cure="send it without password protection; the transport is protected already",
        switchable=False,
    ),
    IntakeRule(
        name="external-stream",
        reason="a part of the document lies elsewhere and can be exchanged after sealing",
        cure="have everything embedded into the document itself",
    ),
    IntakeRule(
        name="form-fields",
        reason="what a field shows can be changed without touching the page beneath",
        cure="flatten the form before sending the document",
        default="accept",
    ),
    IntakeRule(
        name="hidden-layers",
        reason="what is switched off now can be switched on after sealing",
        cure="remove hidden layers and annotations, or show them",
    ),
    IntakeRule(
        name="hybrid-cross-references",
        reason="older and newer readers see different objects in the same file",
        cure="have the file saved without compatibility with PDF 1.4",
    ),
    IntakeRule(
        name="limits",
        reason="it is far larger or deeper than business documents are, and may choke a reader",
        cure="split the document, or have it written more simply",
    ),
    IntakeRule(
        name="page-box-tricks",
        reason="content outside the visible page comes to light when its box is changed",
        cure="remove what lies outside the page, or make the page as large as its content",
    ),
    IntakeRule(
        name="several-revisions",
        reason="earlier states of the document are still in the file, unsigned",
        cure="have the file written anew as one revision",
        default="accept",
    ),
    IntakeRule(
        name="stamp-over-text",
        reason="what others stamped lies over text, and may make it read as something else",
        cure="look at it; have the other party sign where nothing stands, or decline",
        default="accept",
    ),
    IntakeRule(
        name="undrawn-fields",
        reason="some readers show a value that the file does not draw, and may not after sealing",
        cure="flatten the form, or save it with the appearance of every field",
        default="accept",
    ),
    IntakeRule(
        name="unreachable-objects",
        reason="objects that nothing shows now can be brought into the document after sealing",
        cure="have the file written anew; printing it to PDF or `qpdf IN OUT` drops them",
    ),
    IntakeRule(
        name="widget-outside-form",
        reason="a field that the form does not know can be exchanged without a trace in the form",
        cure="flatten the form before sending the document",
    ),
)

RULES: Final[Mapping[str, IntakeRule]] = {rule.name: rule for rule in _TABLE}
"""Every rule by its name."""


_DRAWN: Final = frozenset({"covered-content", "page-box-tricks", "stamp-over-text"})


class Intake(msgspec.Struct, frozen=True, kw_only=True):
    """How a document type departs from the rules' defaults."""

    accept: frozenset[str] = frozenset()
    refuse: frozenset[str] = frozenset()

    @property
    def looks_under(self) -> bool:
        """Whether the type names a rule that has pages drawn, to see what lies under what."""
        return not _DRAWN.isdisjoint(self.refuse)

    def refuses(self, rule: str) -> bool:
        """Whether a finding of this rule keeps a document out; an unknown rule always does."""
        known = RULES.get(rule)
        if known is None or rule in self.refuse or not known.switchable:
            return True
        return known.default == "refuse" and rule not in self.accept


def refusals(intake: Intake, findings: Iterable[IntakeFinding]) -> tuple[Reason, ...]:
    """The reasons for which a document with these findings is kept out; none when it is not."""
    return tuple(
        Reason(rule=f"{PREFIX}{finding.rule}", message=_told(finding))
        for finding in findings
        if intake.refuses(finding.rule)
    )


def _told(finding: IntakeFinding) -> str:
    rule = RULES.get(finding.rule)
    return finding.detail if rule is None else f"{finding.detail}: {rule.reason}; {rule.cure}"
