"""Text into plain values that remember their lines.

We build from the parser's events and not with its own constructor, because that constructor lets
the last of two equal keys win, expands aliases (a YAML bomb is a few lines of them) and forgets
where a value stood. What remains is a small YAML: text, whole numbers, decimals, true, false,
null, lists and mappings with text as keys.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

import yaml

from strictyaml.mistakes import Mistake, Path, dotted, secret_in

MAX_BYTES: Final = 1 << 20
"""Largest text that is read, in bytes of UTF-8."""

MAX_DEPTH: Final = 32
"""Deepest nesting of lists and mappings."""

_MISLEADING: Final = re.compile(r"\r(?!\Z)|[\x85\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""Line ends for the YAML reader (YAML 1.1 §5.4) that editors show within a line, behind a `#`, say;
and marks that have people see letters in another order (UAX #9 §2)."""
_WHOLE: Final = re.compile(r"[-+]?(?:0|[1-9][0-9_]{0,30})")
_DECIMAL: Final = re.compile(r"[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]{1,3})?")
_INT64: Final = range(-(1 << 63), 1 << 63)
# libyaml's parser is some ten times as fast; both give the same events.
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Final = yaml.resolver.Resolver()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """One YAML document as plain values, with the line of each.

    Attributes:
        file: the name under which the text was given.
        data: dict, list, str, int, float, bool or None.
        lines: where a path's key (or list item) stands, counted from 1; `()` is the document.
        holes: paths whose value could not be taken over and reads None in `data`.
    """

    file: str
    data: object
    lines: Mapping[Path, int]
    holes: frozenset[Path] = frozenset()

    def line(self, path: Path) -> int:
        """The line of the value at `path`, or of the nearest thing around it that exists."""
        while path not in self.lines and path:
            path = path[:-1]
        return self.lines.get(path, 1)

    def mistake(self, path: Path, message: str, cure: str) -> Mistake:
        """A mistake at `path`, for the checks that a model cannot make by itself."""
        return Mistake(
            file=self.file, line=self.line(path), path=dotted(path), message=message, cure=cure
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Composition:
    """What could be read of a text.

    Attributes:
        trees: the documents, empty ones left out.
        mistakes: those in the YAML itself.
        whole: False when reading stopped early, so that documents may be missing.
    """

    trees: tuple[Tree, ...]
    mistakes: tuple[Mistake, ...]
    whole: bool


def compose(text: str, *, file: str, max_bytes: int = MAX_BYTES) -> Composition:
    """Read all documents of `text`. Never raises: what is wrong stands in `mistakes`."""
    size = len(text.encode(errors="surrogatepass"))
    if size > max_bytes:
        message = f"the file has {size} bytes, more than the {max_bytes} that are read"
        mistake = Mistake(
            file=file, line=1, path="", message=message, cure="split it into several files"
        )
        return Composition(trees=(), mistakes=(mistake,), whole=False)
    misleading = tuple(_misleading(text, file))
    if misleading:
        return Composition(trees=(), mistakes=misleading, whole=False)
    composer = _Composer(text, file)
    trees: list[Tree] = []
    try:
        trees.extend(composer.documents())
    except _Stop:
        pass
    except (yaml.YAMLError, UnicodeError) as error:
        composer.mistakes.append(_syntax_mistake(error, text, file))
    else:
        return Composition(trees=tuple(trees), mistakes=tuple(composer.mistakes), whole=True)
    return Composition(trees=tuple(trees), mistakes=tuple(composer.mistakes), whole=False)


class _Stop(Exception):  # noqa: N818 - it ends the reading; the mistake is already noted
    """Reading cannot go on."""


class _Composer:
    """Turns one text's events into trees and notes the mistakes on the way."""

    def __init__(self, text: str, file: str) -> None:
        self.mistakes: list[Mistake] = []
        self._file = file
        self._events: Iterator[yaml.Event] = yaml.parse(text, Loader=_LOADER)
        self._lines: dict[Path, int] = {}
        self._holes: set[Path] = set()

    def documents(self) -> Iterator[Tree]:
        for event in self._events:
            if not isinstance(event, yaml.DocumentStartEvent):
                continue
            self._lines, self._holes = {}, set()
            first = next(self._events)
            self._lines[()] = _line(first)
            data = self._node(first, ())
            if data is not None or self._holes:
                yield Tree(
                    file=self._file, data=data, lines=self._lines, holes=frozenset(self._holes)
                )

    def _node(self, event: yaml.Event, path: Path) -> object:
        if len(path) > MAX_DEPTH:
            self._note(event, path, f"nested deeper than {MAX_DEPTH} levels", "make it flatter")
            raise _Stop
        if isinstance(event, yaml.AliasEvent):
            self._hole(event, path, "an alias (`*name`) is not read", "write the value out")
            return None
        # Besides aliases only these three begin a node.
        assert isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent)  # noqa: S101
        if event.anchor is not None:
            self._note(event, path, "an anchor (`&name`) is not read", "remove the anchor")
        if event.tag is not None:
            tag = "the tag" if secret_in(path) else f"the tag `{event.tag}`"
            self._note(event, path, f"{tag} is not read", "remove the tag")
        if isinstance(event, yaml.ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(path)
        return self._sequence(path)

    def _sequence(self, path: Path) -> list[object]:
        items: list[object] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            here = (*path, len(items))
            self._lines[here] = _line(event)
            items.append(self._node(event, here))
        return items

    def _mapping(self, path: Path) -> dict[str, object]:
        entries: dict[str, object] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._key(event, path)
            here = (*path, key)
            if key in entries:
                # The first one stays, the second is read for its mistakes only.
                message = f"the key stands here already, in line {self._lines[here]}"
                self._note(event, here, message, "keep one of the two")
                lines, self._lines = self._lines, {here: _line(event)}
                holes, self._holes = self._holes, set()
                self._node(next(self._events), here)
                self._lines, self._holes = lines, holes
                continue
            self._lines[here] = _line(event)
            entries[key] = self._node(next(self._events), here)
        return entries

    def _key(self, event: yaml.Event, path: Path) -> str:
        if not isinstance(event, yaml.ScalarEvent):
            # A list or an alias as a key: nothing we could go on with.
            self._note(event, path, "a key must be text", "write a plain word as the key")
            raise _Stop
        if event.anchor is not None or event.tag is not None:
            self._note(event, path, "a key has no anchor or tag", "write a plain word as the key")
        if found := _MISLEADING.search(str(event.value)):
            self._note(event, path, *_told_misleading(found[0]))
        if _kind(event) not in {"str", "timestamp"}:
            message = f"{_shown(event.value, path)} as a key is not text in YAML"
            cure = "write the entries out" if event.value == "<<" else "put the key in quotes"
            self._note(event, (*path, event.value), message, cure)
        return str(event.value)

    def _scalar(self, event: yaml.ScalarEvent, path: Path) -> object:
        text = str(event.value)
        if (wrong := _not_text(text)) is not None:
            self._hole(event, path, *wrong)
            return None
        match _kind(event):
            case "null":
                return None
            case "bool":
                if text.lower() in {"true", "false"}:
                    return text.lower() == "true"
                message = (
                    f"{_shown(text, path)} means true or false in YAML, which few people expect"
                )
                self._hole(event, path, message, "write true or false, or put it in quotes")
                return None
            case "int" | "float" as kind:
                number = _number(text, kind)
                if number is None:
                    shown = _shown(text, path)
                    message = f"{shown} is not a plain decimal number of at most 64 bits"
                    self._hole(event, path, message, "write it in decimal, or put it in quotes")
                return number
            case _:
                # Dates stay text: what they mean is for the model to say.
                return text

    def _hole(self, event: yaml.Event, path: Path, message: str, cure: str) -> None:
        self._holes.add(path)
        self._note(event, path, message, cure)

    def _note(self, event: yaml.Event, path: Path, message: str, cure: str) -> None:
        self.mistakes.append(
            Mistake(
                file=self._file,
                line=_line(event),
                path=dotted(path),
                message=message,
                cure=cure,
            )
        )


def _shown(text: str, path: Path) -> str:
    """A value or a key as it is told; not where a secret may stand."""
    return f"`{text}`" if secret_in(path) is None else "what stands there"


def _misleading(text: str, file: str) -> Iterator[Mistake]:
    """What people would not read as the program does: the first of each line."""
    for number, line in enumerate(text.split("\n"), start=1):
        if found := _MISLEADING.search(line):
            message, cure = _told_misleading(found[0])
            yield Mistake(file=file, line=number, path="", message=message, cure=cure)


def _not_text(value: str) -> tuple[str, str] | None:
    """What is wrong with it, however it is written, and the cure."""
    if found := _MISLEADING.search(value):
        return _told_misleading(found[0])
    if any(letter == "\0" or "\ud800" <= letter <= "\udfff" for letter in value):
        # NUL ends a text in every library that is written in C.
        return "a NUL or half of a surrogate pair is not text", "write the letter that is meant"
    return None


def _told_misleading(letter: str) -> tuple[str, str]:
    code = f"U+{ord(letter):04X}"
    if letter in "\r\x85\u2028\u2029":
        return f"{code} ends a line here, which editors need not show", "remove it"
    return f"{code} shows letters in another order than they are read", "remove it"


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _number(text: str, kind: str) -> int | float | None:
    """The number in plain decimal; None for octal, sexagesimal, `.inf` and the like."""
    plain = text.replace("_", "")
    if kind == "int":
        return int(plain) if _WHOLE.fullmatch(text) and int(plain) in _INT64 else None
    return float(plain) if _DECIMAL.fullmatch(text) else None


def _kind(event: yaml.ScalarEvent) -> str:
    """What YAML 1.1 takes the scalar for: `str`, `int`, `bool`, `null`, `merge` and so on."""
    if not event.implicit[0]:
        return "str"
    tag: str = _RESOLVER.resolve(  # type: ignore[no-untyped-call]  # the stubs leave it out
        yaml.ScalarNode, event.value, event.implicit
    )
    return tag.rpartition(":")[2]


def _syntax_mistake(error: yaml.YAMLError | UnicodeError, text: str, file: str) -> Mistake:
    line, message = 1, "the text is not valid Unicode"
    cure = "look at indentation, colons and quotes around this line"
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        message = ", ".join(part for part in (error.context, error.problem) if part)
    elif isinstance(error, yaml.reader.ReaderError):
        line = text.count("\n", 0, error.position) + 1
        message, cure = f"a character cannot stand in YAML: {error.reason}", "remove the character"
    lines = text.split("\n")
    if line <= len(lines) and lines[line - 1].lstrip(" ").startswith("\t"):
        cure = "indent with spaces; YAML allows no tabs there"
    return Mistake(file=file, line=line, path="", message=f"not YAML: {message}", cure=cure)
