r"""Patterns for names of files, with named groups: linear in the name, whatever the pattern is.

A part of regular expressions that people write for names: characters, `.`, classes such as
`[A-Z0-9_-]` and `\d`, how often (`? * + {3} {8,12}`), and groups `(?P<number>…)` that do not lie
in one another. All of it means what it means to Python's `re`. The time of `re` may grow with a
power of the name's length; here each state meets each character at most once.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

_MOST_STATES: Final = 2000
_MOST_TIMES: Final = 255
_ESCAPED_CLASSES: Final = {"d": r"\d", "w": r"\w", "s": r"\s"}
_CLASS: Final = re.compile(r"\[\^?\]?(?:[^\]\\\[]|\\.)*\]")
_TIMES: Final = re.compile(r"[?*+]|\{(\d{1,3})(?:,(\d{0,3}))?\}")
_GROUP: Final = re.compile(r"\(\?P<([a-z][a-z0-9_]{0,62})>")
_SPECIAL: Final = frozenset("()[]{}?*+|^$\\")

_CURE = (
    "write characters, ., [classes], \\d, ? * + {m,n} and (?P<name>…), such as "
    "'(?P<number>WB-[0-9]+)[.]pdf'"
)


class NamePatternError(ValueError):
    """It is no pattern; the message says where, `cure` what may be written."""

    cure = _CURE


@dataclass(frozen=True, slots=True)
class _State:
    """One character that fits `fits`; then on to the next state.

    `skippable`: the next state may also be reached without it; `repeats`: it may come again.
    """

    fits: Callable[[str], object]
    skippable: bool
    repeats: bool
    group: str | None


class NamePattern:
    """A pattern that must match a whole name."""

    def __init__(self, pattern: str) -> None:
        """Read it.

        Raises:
            NamePatternError: it is not of this form.
        """
        self.pattern = pattern
        self._states = tuple(_states(pattern))
        if len(self._states) > _MOST_STATES:
            raise NamePatternError(f"it stands for more than {_MOST_STATES:,} characters")
        self.groups = frozenset(_GROUP.findall(pattern))

    def match(self, name: str) -> dict[str, str] | None:
        """The text of each group, or None where the name does not fit. As long as can be, in order.

        A group that matches nothing is an empty text.
        """
        taken = self._path(name, 0, set(), whole=True)
        return None if taken is None else self._groups_of(taken, name)

    def search(self, text: str) -> dict[str, str] | None:
        """The same for the first part of a text that fits, or None where none does."""
        failed: set[tuple[int, int]] = set()
        for start in range(len(text) + 1):
            taken = self._path(text, start, failed, whole=False)
            if taken is not None:
                return self._groups_of(taken, text[start:])
        return None

    def _groups_of(self, taken: list[int], text: str) -> dict[str, str]:
        found = dict.fromkeys(self.groups, "")
        for state, character in zip(taken, text, strict=False):
            group = self._states[state].group
            if group is not None:
                found[group] += character
        return found

    def _path(
        self, text: str, start: int, failed: set[tuple[int, int]], *, whole: bool
    ) -> list[int] | None:
        """The state that takes each character, tried in the order in which `re` tries.

        Each pair of state and place is tried once, as what failed there fails again, wherever it
        began.
        """
        states, end = self._states, len(text)
        # Each entry: the state before which we stand, the place, and who took the last character.
        waiting: list[tuple[int, int, int | None]] = [(0, start, None)]
        taken: list[int] = []
        while waiting:
            state, place, taker = waiting.pop()
            # What was tried meanwhile changed nothing before this place.
            if taker is None:
                del taken[place - start :]
            else:
                taken[place - start - 1 :] = [taker]
            if (state, place) in failed:
                continue
            failed.add((state, place))
            if state == len(states):
                if place == end or not whole:
                    return taken
                continue
            here = states[state]
            # The last one put here is tried first.
            if here.skippable:
                waiting.append((state + 1, place, None))
            if place < end and here.fits(text[place]):
                waiting.append((state if here.repeats else state + 1, place + 1, state))
        return None


def _states(pattern: str) -> Iterator[_State]:
    place, group = 0, None
    seen: set[str] = set()
    while place < len(pattern):
        opening = _GROUP.match(pattern, place)
        if opening is not None and group is None:
            group, place = opening[1], opening.end()
            if group in seen:
                raise NamePatternError(f"two groups are called `{group}`")
            seen.add(group)
            continue
        if pattern[place] == ")" and group is not None:
            group, place = None, place + 1
            if _TIMES.match(pattern, place):
                raise NamePatternError(f"a group stands once, unlike at character {place + 1}")
            continue
        fits, place = _item(pattern, place)
        least, most, place = _times(pattern, place)
        for _ in range(least):
            yield _State(fits, skippable=False, repeats=False, group=group)
        if most is None:
            yield _State(fits, skippable=True, repeats=True, group=group)
        for _ in range((most or 0) - least):
            yield _State(fits, skippable=True, repeats=False, group=group)
    if group is not None:
        raise NamePatternError(f"the group `{group}` is not closed")


def _item(pattern: str, place: int) -> tuple[Callable[[str], object], int]:
    """What one character must be, and where the pattern goes on."""
    character = pattern[place]
    following = pattern[place + 1 : place + 2]
    if character == "\\" and following in _ESCAPED_CLASSES:
        return re.compile(_ESCAPED_CLASSES[following]).fullmatch, place + 2
    if character == "\\" and following and not following.isalnum():
        return following.__eq__, place + 2
    if character == ".":
        return re.compile(r"[^\n]").fullmatch, place + 1
    found = _CLASS.match(pattern, place)
    if found is not None:
        try:
            return re.compile(found[0]).fullmatch, found.end()
        except (re.error, FutureWarning) as error:
            raise NamePatternError(f"{found[0]} is no class of characters: {error}") from error
    if character in _SPECIAL:
        raise NamePatternError(f"`{character}` at character {place + 1} is not understood")
    return character.__eq__, place + 1


def _times(pattern: str, place: int) -> tuple[int, int | None, int]:
    """At least and at most how often, None: without end; and where the pattern goes on."""
    found = _TIMES.match(pattern, place)
    if found is None:
        return 1, 1, place
    word, end = found[0], found.end()
    if _TIMES.match(pattern, end):
        raise NamePatternError(f"`{pattern[place : end + 1]}`: how often is said once")
    if word in {"?", "*", "+"}:
        return int(word == "+"), 1 if word == "?" else None, end
    least = int(found[1])
    most = least if found[2] is None else int(found[2]) if found[2] else None
    if least > _MOST_TIMES or (most is not None and not least <= most <= _MOST_TIMES):
        raise NamePatternError(f"{word} is no number of times up to {_MOST_TIMES}")
    return least, most, end
