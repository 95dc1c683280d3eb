"""What is found out about a file; `sealgate inspect --json` tells it in camelCase."""

from typing import Literal

import msgspec

Verdict = Literal["accepted", "refused", "could-not-tell"]


class ToldFinding(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A finding with what its rule says of it; `refused` is the rule's default."""

    rule: str
    refused: bool
    detail: str
    reason: str
    cure: str


class ToldFacts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The facts that policies may ask about."""

    pages: int
    size_bytes: int
    revisions: int
    signatures: int
    pdf_version: str


class FileInspection(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One file.

    Attributes:
        verdict: whether the intake rules' defaults would refuse it.
        why: what stands in the way apart from findings: damage, or that it could not be read.
        problem: the type of the problem that the gateway would answer with for that damage.
        facts: as far as it could be read.
        findings: sorted by rule.
    """

    verdict: Verdict
    why: tuple[str, ...] = ()
    problem: str | None = None
    facts: ToldFacts | None = None
    findings: tuple[ToldFinding, ...] = ()
