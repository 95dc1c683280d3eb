"""What a reader would draw into a field that it draws anew: by the field's value (§12.7.4.3)."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Final, NamedTuple

from gateway.documents.inspection.boxes import box_of
from gateway.documents.inspection.forms import is_unseen
from gateway.documents.inspection.snapshot import Snapshot, Value, is_reference

_DEEPEST: Final = 64
_PASSWORD: Final = 1 << 13  # of a field's /Ff, as those below
_PUSH_BUTTON: Final = 1 << 16
_COMBO: Final = 1 << 17
_COMB: Final = 1 << 24
_PAIR: Final = 2
OFF: Final = "/Off"


class Widget(NamedTuple):
    """A field where a page shows it.

    Attributes:
        place: its reference, or itself where it is no object of its own.
        page: from 1.
        kind: the field's /FT.
        flags: the field's /Ff.
        size: of its rectangle, in units.
    """

    place: Value
    page: int
    kind: str
    flags: int
    size: tuple[float, float]

    @property
    def is_secret(self) -> bool:
        """Whether nobody draws its value."""
        return self.kind == "/Tx" and bool(self.flags & _PASSWORD)

    @property
    def has_states(self) -> bool:
        """Whether it is ticked or not: a check box, a radio button."""
        return self.kind == "/Btn" and not self.flags & _PUSH_BUTTON

    @property
    def is_comb(self) -> bool:
        """Whether lines part its characters."""
        return self.kind == "/Tx" and bool(self.flags & _COMB)


def are_drawn_anew(snapshot: Snapshot) -> bool:
    """Whether the form asks readers to draw its fields by their values.

    What is neither true nor false is taken for true by some.
    """
    asked = snapshot.entry(snapshot.root, "/AcroForm", "/NeedAppearances")
    return asked is not None and asked is not False


def widgets_of(snapshot: Snapshot) -> Iterator[Widget]:
    """All that pages show, but for those of signatures."""
    seen: set[str] = set()
    for number, page in enumerate(snapshot.pages(), start=1):
        for place in snapshot.annotations(page):
            if is_reference(place):
                if place in seen:
                    continue
                seen.add(place)
            if snapshot.entry(place, "/Subtype") != "/Widget":
                continue
            kind, flags = snapshot.inherited(place, "/FT"), snapshot.inherited(place, "/Ff")
            size = None if is_unseen(snapshot, place) else _size(snapshot, place)
            if kind in {"/Tx", "/Ch", "/Btn"} and size is not None:
                yield Widget(place, number, kind, flags if isinstance(flags, int) else 0, size)


def text_of(snapshot: Snapshot, widget: Widget) -> str | None:
    """What a field without states says, empty for nothing; None: readers differ about that."""
    if widget.kind == "/Btn":
        return decoded(snapshot.entry(widget.place, "/MK", "/CA"))
    found = _values(snapshot, widget.place)
    value = found[0] if found else None
    if any(each != value for each in found):
        return None
    if widget.kind == "/Ch":
        return _chosen(snapshot, widget, value)
    text = decoded(value)
    rich = decoded(snapshot.inherited(widget.place, "/RV"))
    if rich is None or (rich and text is not None and not _says(rich, text)):
        return None
    return text


def state_of(snapshot: Snapshot, widget: Widget) -> str | None:
    """The state that a field with states has, as a name; None: readers differ about that."""
    found = _values(snapshot, widget.place)
    if any(each != found[0] for each in found):
        return None
    text = decoded(found[0] if found else None)
    return None if text is None else f"/{text}" if text else OFF


def decoded(value: Value) -> str | None:
    """The text of a string or name (§7.9.2.2), empty where there is none; None: it is neither."""
    if value is None:
        return ""
    if not isinstance(value, str):
        return None
    for mark in ("u:", "/"):
        if value.startswith(mark):
            return value.removeprefix(mark)
    return _of_bytes(bytes.fromhex(value[2:])) if value.startswith("b:") else None


def _of_bytes(raw: bytes) -> str | None:
    encoding = "pdfdoc"  # which pikepdf has
    for mark, marked in ((b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8")):
        if raw.startswith(mark):
            raw, encoding = raw.removeprefix(mark), marked
            break
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError:
        return None


def _values(snapshot: Snapshot, place: Value) -> list[Value]:
    """The /V that counts, and others that some readers may take for it.

    A widget apart from its field has none of its own; where it has, readers differ.
    """
    found: list[Value] = []
    node = snapshot.resolve(place)
    for _ in range(_DEEPEST):
        if not isinstance(node, dict):
            break
        value = snapshot.resolve(node.get("/V"))
        if value is not None:
            found.append(value)
        if "/T" in node and found:
            break
        node = snapshot.resolve(node.get("/Parent"))
    return found


def _chosen(snapshot: Snapshot, widget: Widget, value: Value) -> str | None:
    """What stands for the choice: options have a text for people beside that for machines."""
    options = [_option(snapshot, each) for each in _items(snapshot, widget.place, "/Opt")]
    texts: list[str] = []
    for each in value if isinstance(value, list) else [value]:
        text = decoded(snapshot.resolve(each))
        if text is None:
            return None
        shown = {told for meant, told in options if text in (meant, told)} or {text}
        if len(shown) > 1:
            return None
        texts += [told for told in shown if told is not None]
    said = "".join(texts)
    # A list shows what was not chosen besides, and the choice by its colour: no text tells it.
    is_list = not widget.flags & _COMBO
    return None if is_list and not said and options else said


def _option(snapshot: Snapshot, option: Value) -> tuple[str | None, str | None]:
    option = snapshot.resolve(option)
    if isinstance(option, list) and len(option) == _PAIR:
        meant, told = (decoded(snapshot.resolve(each)) for each in option)
        return meant, told
    text = decoded(option)
    return text, text


def _items(snapshot: Snapshot, place: Value, key: str) -> list[Value]:
    found = snapshot.inherited(place, key)
    return found if isinstance(found, list) else []


def _size(snapshot: Snapshot, place: Value) -> tuple[float, float] | None:
    """Width and height; None where it has no extent, so that nobody sees it."""
    box = box_of(snapshot, snapshot.entry(place, "/Rect"))
    return (box.right - box.left, box.top - box.bottom) if box is not None and box.area else None


class _Words(HTMLParser):
    """The text of rich text, without its marks."""

    def __init__(self, rich: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.feed(rich)
        self.close()

    def handle_data(self, data: str) -> None:
        """Keep it."""
        self.words.append(data)


def _says(rich: str, text: str) -> bool:
    return "".join("".join(_Words(rich).words).split()) == "".join(text.split())
