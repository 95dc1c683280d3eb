"""The names of reasons that are neither a rule's (`policy/rule-id`) nor `intake/RULE`.

Whatever refuses uses one of these: the engine, the signing cycle and its guards. Where a caller is
told by a problem of its own, the problem's type is the same word (`gateway.signing.refusals`).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

DEFAULT: Final = "default"
SEAL_UNKNOWN: Final = "seal-unknown"
SEAL_FROZEN: Final = "seal-frozen"
SEAL_NOT_ACTIVE: Final = "seal-not-active"
DOCUMENT_TYPE: Final = "document-type"
PLACEMENT: Final = "placement"
GRANT: Final = "grant"
CERTIFICATE_NOT_YET_VALID: Final = "seal-certificate-not-yet-valid"
CERTIFICATE_EXPIRED: Final = "seal-certificate-expired"
SEALS_DO_NOT_COMBINE: Final = "seals-do-not-combine"
LIMIT_REACHED: Final = "limit-reached"
COUNTED_MEANWHILE: Final = "counted-meanwhile"
FROZEN: Final = "frozen"
APPROVAL_EXPIRED: Final = "approval-expired"
APPROVAL_REJECTED: Final = "approval-rejected"
APPROVAL_USED: Final = "approval-used"
CALLER_UNKNOWN: Final = "caller-unknown"

MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        DEFAULT: "no permit applies",
        SEAL_UNKNOWN: "no seal has this name",
        SEAL_FROZEN: "the policies give the seal the state `frozen`",
        SEAL_NOT_ACTIVE: "the seal is a draft or retired",
        DOCUMENT_TYPE: "no document type has this name, or the attributes are not as it declares",
        PLACEMENT: "a stamp is asked for and the seal has none",
        GRANT: "no grant lets the system use the seal automatically",
        CERTIFICATE_NOT_YET_VALID: "the seal's certificate is not valid yet",
        CERTIFICATE_EXPIRED: "the seal's certificate has expired",
        SEALS_DO_NOT_COMBINE: "the signatures of the act's seals cannot follow one another",
        LIMIT_REACHED: "the rule has been used as often as its limits say",
        COUNTED_MEANWHILE: "others were sealed meanwhile, and the counts now decide otherwise",
        FROZEN: "officers have frozen the seal, its company, the caller, a party or all sealing",
        APPROVAL_EXPIRED: "an approval has expired since it was counted",
        APPROVAL_REJECTED: "an approval was rejected since it was counted",
        APPROVAL_USED: "an approval was used for another document",
        CALLER_UNKNOWN: "in a replay: these policies know no such system or person",
    }
)
"""Each name with what it says; docs/policies.md lists them in this order."""

OF_TESTS: Final = frozenset({DEFAULT, DOCUMENT_TYPE, PLACEMENT, GRANT})
"""What may stand in a test's `rule:`; in a policy's tests every seal is there and active."""
