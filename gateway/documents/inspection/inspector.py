"""The inspecting process as others see it: asked with bytes, killed when it hangs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import msgspec

from gateway.documents.inspection.model import FileInspection, ToldFacts, ToldFinding
from gateway.documents.inspection.wire import (
    PROTOCOL,
    Inspect,
    Inspected,
    SetUp,
    decode_from_child,
    encode,
)
from policies.intake import RULES, Intake
from policies.model import DocumentFacts, IntakeFinding
from processes.asking import AskedChild, EndedError, TooSlowError
from processes.child import Child, start_child

MODULE = "gateway.documents.inspection.child"
_DEFAULT = Intake()


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectorLimits:
    """What one file may cost; past it nothing can be told of the file."""

    deadline_seconds: float = 30.0
    max_memory_bytes: int = 1024 * 1024 * 1024
    max_document_bytes: int = 128 * 1024 * 1024


class Inspector:
    """Inspects files, one at a time. Use as an async context manager.

    Args:
        limits: what one file may cost.
        start: starts the inspecting process.
    """

    def __init__(
        self,
        *,
        limits: InspectorLimits | None = None,
        start: Callable[[], Child] = lambda: start_child(MODULE),
    ) -> None:
        self._limits = limits or InspectorLimits()
        set_up = SetUp(protocol=PROTOCOL, max_memory_bytes=self._limits.max_memory_bytes)
        self._child = AskedChild(
            start, set_up=encode(set_up), deadline_seconds=self._limits.deadline_seconds
        )

    async def __aenter__(self) -> Self:
        """Nothing is started before there is something to inspect."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """End the inspecting process."""
        await self._child.end()

    async def inspect(self, document: bytes) -> FileInspection:
        """What can be told of the file. Never raises for what is in it."""
        limits = self._limits
        if len(document) > limits.max_document_bytes:
            return unknown(
                f"it has {len(document):,} bytes; at most {limits.max_document_bytes:,} are read"
            )
        try:
            answer = decode_from_child(await self._child.ask(encode(Inspect(document=document))))
        except TooSlowError:
            return unknown(
                f"reading it took longer than {limits.deadline_seconds:g} s and was stopped: the "
                "gateway would refuse it as document-too-demanding"
            )
        except EndedError as ended:
            return unknown(
                f"it ended the process that read it (exit code {ended.exit_code}): it is damaged, "
                "or made to do harm"
            )
        except msgspec.DecodeError:
            await self._child.end()
            return unknown("the process that read it gave no answer: it is made to do harm")
        return _told(answer)


def unknown(why: str) -> FileInspection:
    """Nothing can be told of the file."""
    return FileInspection(verdict="could-not-tell", why=(why,))


def _told(answer: Inspected) -> FileInspection:
    if answer.facts is None:
        return FileInspection(verdict="refused", why=(answer.detail,), problem=answer.problem)
    findings = tuple(_finding(each) for each in answer.facts.findings)
    return FileInspection(
        verdict="refused" if any(each.refused for each in findings) else "accepted",
        facts=_facts(answer.facts),
        findings=findings,
    )


def _facts(facts: DocumentFacts) -> ToldFacts:
    return ToldFacts(
        pages=facts.pages,
        size_bytes=facts.size_bytes,
        revisions=facts.revisions,
        signatures=facts.signatures,
        pdf_version=facts.pdf_version,
    )


def _finding(finding: IntakeFinding) -> ToldFinding:
    rule = RULES[finding.rule]
    return ToldFinding(
        rule=finding.rule,
        refused=_DEFAULT.refuses(finding.rule),
        detail=finding.detail,
        reason=rule.reason,
        cure=rule.cure,
    )
