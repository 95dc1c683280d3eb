"""Why a revision does not count."""

from gateway.verification.model import RevisionFault


class RevisionFaultError(Exception):
    """It does not; `fault` is the word for why, the message says where and what."""

    def __init__(self, fault: RevisionFault, why: str) -> None:
        super().__init__(why)
        self.fault: RevisionFault = fault
        self.why = why
