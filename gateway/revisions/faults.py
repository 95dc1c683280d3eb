"""Why a revision does not count."""

from typing import Final, Literal

RevisionFault = Literal[
    "other-base",
    "unreadable",
    "unsigned",
    "more-signatures",
    "page-added",
    "page-changed",
    "content-changed",
    "annotation",
    "form-changed",
    "ambiguous",
    "hidden",
    "too-large-a-stamp",
    "not-whole",
    "not-intact",
    "untrusted",
    "expired",
    "time",
    "earlier-broken",
    "other-container",
    "other-field",
    "other-name",
    "could-not-tell",
]
"""Why a revision does not count; a word that stays. `could-not-tell` says that nothing was found
out, which is no reason to believe it: it is too large, too slow, or made to do harm."""

UNSEEN: Final = "its stamps could not be held against the text"
"""What is told where nobody could find out what lies under a partner's stamps."""


class RevisionFaultError(Exception):
    """It does not; `fault` is the word for why, the message says where and what."""

    def __init__(self, fault: RevisionFault, why: str) -> None:
        super().__init__(why)
        self.fault: RevisionFault = fault
        self.why = why


def ambiguous(why: str) -> RevisionFaultError:
    """That readers may find different objects in an update, and where."""
    return RevisionFaultError("ambiguous", f"readers differ on what it shows: {why}")
