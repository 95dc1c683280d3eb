"""Separation of powers: what may be done, and which power does it. A role has one power.

Nobody can do it all alone: whoever writes the rules and freezes cannot use a seal, whoever uses a
seal cannot write rules, the auditor only reads, and the system administrator, who runs the machine,
has no say in what is sealed.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Literal

Power = Literal["seal-manager", "seal-user", "auditor", "system-administrator"]

Action = Literal[
    "seal.use",
    "document.read",
    "approval.read",
    "approval.decide",
    "policy.read",
    "policy.look",
    "policy.activate",
    "freeze.read",
    "freeze.begin",
    "freeze.end",
    "audit.read",
    "usage.read",
    "hold.read",
    "hold.begin",
    "hold.end",
]
"""What a caller does. `policy.look` is seeing before doing: check, test, explain, diff, simulate.
`document.read` is a system's own documents only, whatever its power."""

MATRIX: Mapping[Power, frozenset[Action]] = MappingProxyType(
    {
        "seal-manager": frozenset(
            {
                "policy.read",
                "policy.look",
                "policy.activate",
                "freeze.read",
                "freeze.begin",
                "freeze.end",
                "usage.read",
                "hold.read",
                "hold.begin",
                "hold.end",
            }
        ),
        "seal-user": frozenset(
            {
                "seal.use",
                "document.read",
                "approval.read",
                "approval.decide",
                "freeze.read",
                "usage.read",
            }
        ),
        "auditor": frozenset(
            {
                "document.read",
                "approval.read",
                "policy.read",
                "policy.look",
                "freeze.read",
                "audit.read",
                "usage.read",
                "hold.read",
            }
        ),
        "system-administrator": frozenset(),
    }
)
"""Every power, and all that it may do; what is not here may not be done."""


def may(powers: Iterable[Power], action: Action) -> bool:
    """Whether one of the powers does this."""
    return any(action in MATRIX[power] for power in powers)
