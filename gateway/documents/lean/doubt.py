"""What the lean way says when it is not certain: the document goes the second way (pyHanko)."""

from typing import Literal

Doubt = Literal[
    "syntax",
    "cross-references",
    "object-streams",
    "page-tree",
    "page",
    "form",
    "signed",
    "encrypted",
    "extensions",
    "placement",
]
"""Why the lean way gave a document up: the label of a counter, so the list is short and closed."""


class InDoubtError(Exception):
    """The lean way does not handle this document with certainty. Says nothing against it."""

    def __init__(self, doubt: Doubt, what: str) -> None:
        super().__init__(what)
        self.doubt = doubt
