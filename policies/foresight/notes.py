"""What may be meant otherwise in policies that are no mistake: the value that analysis gives."""

from typing import Literal

import msgspec

from strictyaml import Path

Code = Literal[
    "always-true",
    "never-true",
    "for-nobody",
    "on-nothing",
    "always-forbidden",
    "partly-forbidden",
    "never-chosen",
    "seal-for-nobody",
    "seal-for-anybody",
    "seal-not-active",
    "grant-void",
    "grant-ends-soon",
    "forbid-steps-aside",
]
"""Stable names, documented in docs/policies.md."""

Level = Literal["warning", "note"]
"""A warning is most likely a slip; a note may well be meant. `--strict` refuses warnings."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was noticed.

    Attributes:
        level: how likely it is a slip.
        code: what kind of thing it is.
        kind: the object's, as after `kind:` in YAML.
        name: the object's.
        path: where in the object, in YAML's words.
        message: what was noticed, and why.
        cure: what to do about it.
    """

    level: Level
    code: Code
    kind: Literal["SealPolicy", "Seal", "SealGrant"]
    name: str
    path: Path
    message: str
    cure: str


def listed(names: frozenset[str] | set[str], *, most: int = 5) -> str:
    """Names in order, and how many more there are."""
    ordered = sorted(names)
    more = len(ordered) - most
    return ", ".join(ordered[:most]) + (f" and {more} more" if more > 0 else "")
