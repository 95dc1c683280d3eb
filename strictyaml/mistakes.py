"""A mistake in a file, said so that its author can mend it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

Path = tuple[str | int, ...]
"""The keys and list positions that lead to a value, e.g. `("spec", "permit", 0, "when")`."""


_SECRET: Final = re.compile(r"(?<![a-z])(?:pin|passwo?r?d|passphrase|secret)(?![a-z])")
_PLAIN: Final = re.compile(r"[A-Za-z_-]+[0-9]?")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


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
    """`("spec", "permit", 0)` → `spec.permit[0]`; not further than to where secrets may stand."""
    if (count := secret_in(path)) is not None:
        last = str(path[count - 1])
        # `pin 4711` and `pin:4711` are keys as well, where no blank follows the colon.
        path = (*path[: count - 1], last if _PLAIN.fullmatch(last) else "…")
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        else:
            text += f".{step}" if text else step
    return text


def secret_in(path: Path) -> int | None:
    """How many steps lead to where a secret may stand by mistake; None: to no such place.

    Keys with these words name files with secrets, and people write the secret itself there. What
    is said of a mistake goes to logs, tickets and screens: such values stay out of it, and so do
    keys below, for `pin: 4711:` is a mapping.
    """
    for count, step in enumerate(path, start=1):
        if isinstance(step, str) and _SECRET.search(_HUMP.sub("_", step).lower()):
            return count
    return None
