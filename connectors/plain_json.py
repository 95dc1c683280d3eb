"""What travels as JSON: the one form of a delivery, and fields that strangers gave."""

import base64
import json
from collections.abc import Mapping

from connectors.model import Delivery

FIELD_COUNT = 64
FIELD_CHARACTERS = 4_096


def delivery_json(delivery: Delivery) -> bytes:
    """The delivery as UTF-8 JSON: id, kind, name, fetched, result and content (base64)."""
    return json.dumps(
        {
            "id": delivery.id,
            "kind": delivery.kind,
            "name": delivery.name,
            "fetched": delivery.fetched,
            "result": delivery.result,
            "content": base64.b64encode(delivery.content).decode("ascii"),
        },
        ensure_ascii=False,
    ).encode()


def plain_fields(values: Mapping[str, object]) -> dict[str, str]:
    """Values of a stranger as texts: bounded in number and length; what is no plain value goes."""
    texts: dict[str, str] = {}
    for name, value in values.items():
        text = _text(value)
        if text is not None and len(text) <= FIELD_CHARACTERS and len(name) <= FIELD_CHARACTERS:
            texts[name] = text
        if len(texts) == FIELD_COUNT:
            break
    return texts


def _text(value: object) -> str | None:
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case bytes():
            return value.decode("utf-8", "replace")
        case Mapping() | list() | tuple() | set():
            return None
        case _:
            return str(value)
