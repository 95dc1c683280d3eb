"""The inspecting process as others see it: asked with bytes, killed when it hangs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import msgspec

from gateway.documents.examining.wire import (
    PROTOCOL,
    FirstPageRead,
    Inspect,
    Inspected,
    ReadFirstPage,
    SetUp,
    decode_from_child,
    encode,
)
from gateway.documents.inspection.model import FileInspection, ToldFacts, ToldFinding
from policies.intake import RULES, Intake
from policies.model import DocumentFacts, IntakeFinding
from policies.templates.learning import FirstPage
from processes.asking import AskedChild, EndedError, TooSlowError
from processes.child import Child, start_child

MODULE = "gateway.documents.examining.child"
_DEFAULT = Intake()
_NO_ANSWER = "the process that read it gave no answer: it is made to do harm"


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
        start: Callable[[], Child] = lambda: start_child(MODULE, offline=True),
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
        answer = await self._ask(document, Inspect(document=document))
        if isinstance(answer, str):
            return unknown(answer)
        if not isinstance(answer, Inspected):
            return unknown(_NO_ANSWER)
        return _told(answer)

    async def first_page(self, document: bytes) -> FirstPage | str:
        """The words of its first page, or a sentence that says why they cannot be read."""
        answer = await self._ask(document, ReadFirstPage(document=document))
        if isinstance(answer, str):
            return answer
        if not isinstance(answer, FirstPageRead):
            return _NO_ANSWER
        return answer.detail if answer.page is None else answer.page

    async def _ask(
        self, document: bytes, message: Inspect | ReadFirstPage
    ) -> Inspected | FirstPageRead | str:
        limits = self._limits
        if len(document) > limits.max_document_bytes:
            return f"it has {len(document):,} bytes; at most {limits.max_document_bytes:,} are read"
        try:
            return decode_from_child(await self._child.ask(encode(message)))
        except TooSlowError:
            return (
                f"reading it took longer than {limits.deadline_seconds:g} s and was stopped: the "
                "gateway would refuse it as document-too-demanding"
            )
        except EndedError as ended:
            return (
                f"it ended the process that read it (exit code {ended.exit_code}): it is damaged, "
                "or made to do harm"
            )
        except (msgspec.DecodeError, UnicodeDecodeError):
            await self._child.end()
            return _NO_ANSWER


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
