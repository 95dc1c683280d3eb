"""The list of what is waiting at a server: JSON of its own shape, read by pointers into it."""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

from connectors.errors import ConnectorAwayError
from connectors.names import plain_name
from connectors.plain_json import plain_fields

_LONGEST_ID: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ListShape:
    """Where in the server's JSON what stands. Pointers are RFC 6901; others are members of an item.

    Attributes:
        items: pointer to the list.
        next: pointer to the cursor of the next list; None: the list has none.
        id: identifies an item.
        name: of the document.
        url: of the document, if the item does not hold it; it may be relative to the list.
        content: the document in base64.
        fields: that the mapping may use; None: every plain member besides the content.
    """

    items: str = "/items"
    next: str | None = None
    id: str = "id"
    name: str = "name"
    url: str = "url"
    content: str = "content"
    fields: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An item of the list; it has its content, or the address of it, or a problem."""

    id: str
    name: str
    content: bytes | None
    url: str | None
    fields: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """How far a list was read; as JSON it is the connector's cursor.

    Attributes:
        at: the server's own cursor of a list; None: of the first.
        after: id of the last item of it that was given.
    """

    at: str | None = None
    after: str | None = None

    @classmethod
    def read(cls, cursor: str | None) -> Self:
        """From the connector's cursor."""
        return cls(**json.loads(cursor)) if cursor else cls()

    def written(self) -> str:
        """As the connector's cursor."""
        return json.dumps({"at": self.at, "after": self.after}, ensure_ascii=False)


def after(entries: Sequence[Entry], id_: str | None) -> Sequence[Entry]:
    """What stands behind that item; all, where it is not listed any more."""
    ids = [entry.id for entry in entries]
    return entries[ids.index(id_) + 1 :] if id_ in ids else entries


def read_list(body: bytes, shape: ListShape) -> tuple[list[Entry], str | None]:
    """The items, each id once, and the cursor of the next list.

    Raises:
        ConnectorAwayError: it is no JSON, or not of this shape; the message tells where.
    """
    try:
        whole = json.loads(body)
    except (ValueError, RecursionError):
        raise ConnectorAwayError("the list is no JSON; is `list` its address?") from None
    items = pointed(whole, shape.items)
    if not isinstance(items, Sequence) or isinstance(items, str):
        raise ConnectorAwayError(f"there is no list at `{shape.items}`; set `items` to where it is")
    entries: dict[str, Entry] = {}
    for position, item in enumerate(items):
        entry = _entry(item, position, shape)
        entries.setdefault(entry.id, entry)
    following = None if shape.next is None else pointed(whole, shape.next)
    return list(entries.values()), None if following in {None, ""} else str(following)


def pointed(value: object, pointer: str) -> object:
    """What the JSON pointer points at; None where there is nothing."""
    for part in pointer.split("/")[1:]:
        step = part.replace("~1", "/").replace("~0", "~")
        match value:
            case Mapping():
                value = value.get(step)
            case list() if step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            case _:
                return None
    return value


def _entry(item: object, position: int, shape: ListShape) -> Entry:
    if not isinstance(item, Mapping):
        raise ConnectorAwayError(f"item {position} of the list is no JSON object")
    id_ = item.get(shape.id)
    if isinstance(id_, bool) or not isinstance(id_, str | int) or not _is_id(str(id_)):
        raise ConnectorAwayError(
            f"item {position} of the list has no `{shape.id}` of at most {_LONGEST_ID} printable "
            "characters; without it nothing can be acknowledged"
        )
    chosen = item if shape.fields is None else {name: item.get(name) for name in shape.fields}
    content, url, problem = _content(item, shape)
    return Entry(
        id=str(id_),
        name=plain_name(item.get(shape.name), otherwise=str(id_)),
        content=content,
        url=url,
        fields=plain_fields({name: chosen[name] for name in chosen if name != shape.content}),
        problem=problem,
    )


def _is_id(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_ID and text.isprintable()


def _content(item: Mapping[str, object], shape: ListShape) -> tuple[bytes | None, str | None, str]:
    match item.get(shape.content), item.get(shape.url):
        case str(encoded), _:
            try:
                return base64.b64decode(encoded, validate=True), None, ""
            except (binascii.Error, ValueError):
                return None, None, f"`{shape.content}` is no base64"
        case _, str(url):
            return None, url, ""
        case _:
            return None, None, f"it has neither `{shape.content}` nor `{shape.url}`"
