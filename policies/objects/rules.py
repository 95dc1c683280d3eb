"""Rules, the policies that hold them, and the tests that these carry."""

from datetime import datetime
from typing import Literal

import msgspec

from policies.model import NOTHING_KNOWN, DocumentFacts, Known, Placement, SealRequest, Stage
from policies.objects.named import Named

ANY = "*"
"""In a policy that only forbids: every seal, or every document type."""


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """How often a rule may permit in a calendar hour, day and month of the policy's time zone."""

    per_hour: int | None = None
    per_day: int | None = None
    per_month: int | None = None


class Approvals(msgspec.Struct, frozen=True, kw_only=True):
    """Who must approve. Nobody counts twice, and who asked never counts.

    Attributes:
        stages: all of which must be complete.
        in_order: whether a stage begins only when the one before is complete.
        expires_seconds: how long an approval counts.
    """

    stages: tuple[Stage, ...]
    in_order: bool = False
    expires_seconds: int = 48 * 3600


class PermitRule(msgspec.Struct, frozen=True, kw_only=True):
    """Permits what matches all of what it says; of each list one is enough.

    At least one of `systems`, `roles`, `companies`, `posts` is not empty. `companies` means exactly
    these, not those whose parent they are.
    """

    id: str
    systems: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    when: str | None = None
    limits: Limits = Limits()
    placement: Placement | None = None
    approvals: Approvals | None = None


class ForbidRule(msgspec.Struct, frozen=True, kw_only=True):
    """Forbids what matches all of what it says, whoever permits it; empty sets mean everybody.

    `companies` are the callers', exactly these.
    """

    id: str
    systems: frozenset[str] = frozenset()
    roles: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()
    when: str | None = None
    message: str | None = None


class PolicyTest(msgspec.Struct, frozen=True, kw_only=True):
    """An example that a policy carries, with the answer that its author expects.

    `rule` is the full name of the rule that must decide; None when any rule will do. `known` is
    what was used and approved before.
    """

    name: str
    request: SealRequest
    facts: DocumentFacts
    at: datetime
    known: Known = NOTHING_KNOWN
    expect: Literal["allowed", "denied", "needs-approval"]
    rule: str | None = None


class SealScope(msgspec.Struct, frozen=True, kw_only=True):
    """Seals by what they are; all that is said must fit, and what is not said fits every seal.

    `below`: those of companies below the named ones are meant, too.
    """

    types: frozenset[str] = frozenset()
    companies: frozenset[str] = frozenset()
    below: bool = False
    lines: frozenset[str] = frozenset()


class SealPolicy(Named, frozen=True, kw_only=True):
    """Rules for some seals on some document types; either may be ANY if none permits."""

    seals: tuple[str, ...] | SealScope
    document_types: tuple[str, ...]
    time_zone: str
    permit: tuple[PermitRule, ...] = ()
    forbid: tuple[ForbidRule, ...] = ()
    tests: tuple[PolicyTest, ...] = ()
