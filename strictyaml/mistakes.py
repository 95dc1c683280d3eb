"""A mistake in a file, said so that its author can mend it."""

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""The keys and list positions that lead to a value, e.g. `("spec", "permit", 0, "when")`."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """One thing that is wrong in a file.

    Attributes:
        file: the name under which the text was given.
        line: counted from 1.
        path: dotted, list positions in brackets: `spec.permit[0].when`; empty for the whole file.
        message: what is wrong, and why.
        cure: what to do about it.
    """

    file: str
    line: int
    path: str
    message: str
    cure: str

    def __str__(self) -> str:
        """`file:line: path: message -> cure`."""
        path = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}: {path}{self.message} -> {self.cure}"


class MistakesError(Exception):
    """What was read is refused; all of its mistakes are told together, in the order of reading."""

    def __init__(self, mistakes: Iterable[Mistake]) -> None:
        self.mistakes = tuple(sorted(set(mistakes)))
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        """One line for each mistake."""
        return "\n".join(str(mistake) for mistake in self.mistakes)


def raise_if_any(mistakes: Iterable[Mistake]) -> None:
    """Go on only when there is nothing to mend.

    Raises:
        MistakesError: there is at least one mistake.
    """
    found = tuple(mistakes)
    if found:
        raise MistakesError(found)


def dotted(path: Path) -> str:
    """`("spec", "permit", 0)` → `spec.permit[0]`."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text
