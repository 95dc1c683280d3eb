"""What the lean way says when it is not certain: the document goes the second way (pyHanko)."""

from gateway.documents.model import Doubt


class InDoubtError(Exception):
    """The lean way does not handle this document with certainty. Says nothing against it."""

    def __init__(self, doubt: Doubt, what: str) -> None:
        super().__init__(what)
        self.doubt = doubt
