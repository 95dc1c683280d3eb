"""Where a person's key is, as a `pkcs11:` URI says it (RFC 7512)."""

from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

import msgspec

from hsm.errors import KeyURIError

SCHEME = "pkcs11:"

_TOKEN_WORDS = ("token", "serial", "manufacturer", "model")
_KNOWN = frozenset({*_TOKEN_WORDS, "object", "id", "type"})
_KNOWN_BEHIND = frozenset({"module-path", "pin-source"})
_EXAMPLE = "pkcs11:token=Li%20Na;object=li-na-2026?module-path=/usr/lib/softhsm/libsofthsm2.so"


class KeyPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a private key is. What is None is not looked at.

    Attributes:
        token: words that the token says of itself, by the names of RFC 7512: `token` (its label),
            `serial`, `manufacturer`, `model`.
        label: CKA_LABEL.
        identifier: CKA_ID, raw bytes.
        module: the PKCS#11 module.
        pin_file: a file with the PIN and nothing else.
    """

    token: dict[str, str]
    label: str | None = None
    identifier: bytes | None = None
    module: Path | None = None
    pin_file: Path | None = None


def read_uri(text: str) -> KeyPlace:
    """The place that a URI names.

    The PIN never stands in it (`pin-value`): whoever may run `ps` would read it. Nor is a command
    run for it (`pin-source=|…`).

    Raises:
        KeyURIError: it is no such URI, or says something that is not understood.
    """
    if not text.startswith(SCHEME):
        raise KeyURIError(f"{text!r} is no pkcs11: URI: write it like {_EXAMPLE}")
    path, _, query = text.removeprefix(SCHEME).partition("?")
    said = _attributes(path, ";", _KNOWN)
    behind = _attributes(query, "&", _KNOWN_BEHIND)
    if said.get("type", b"private") != b"private":
        raise KeyURIError("`type` has to be `private`, or left out: a private key signs")
    label = said.get("object")
    module, pin_file = behind.get("module-path"), behind.get("pin-source")
    return KeyPlace(
        token={word: _text(word, said[word]) for word in _TOKEN_WORDS if word in said},
        label=None if label is None else _text("object", label),
        identifier=said.get("id"),
        module=None if module is None else Path(_text("module-path", module)),
        pin_file=None if pin_file is None else _file(_text("pin-source", pin_file)),
    )


def _attributes(part: str, between: str, known: frozenset[str]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for written in filter(None, part.split(between)):
        name, equals, value = written.partition("=")
        if name == "pin-value":
            raise KeyURIError(
                "a PIN does not belong into the URI, where others can read it: leave `pin-value` "
                "out and type the PIN when you are asked, or name a file with --pin-file"
            )
        if name not in known or not equals:
            raise KeyURIError(
                f"{name!r} is not understood there: {', '.join(sorted(known))} are; {_EXAMPLE} is "
                "an example"
            )
        if name in found:
            raise KeyURIError(f"{name!r} stands twice in the URI: write it once")
        found[name] = unquote_to_bytes(value)
    return found


def _text(name: str, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise KeyURIError(f"{name!r} is no UTF-8 text") from None


def _file(source: str) -> Path:
    """RFC 7512 §2.4 has a path or a `file:` URI there."""
    path = urlsplit(source).path if source.startswith("file:") else source
    if not path.startswith("/"):
        raise KeyURIError(
            f"`pin-source` is {source!r}: write the full path of a file that only you may read"
        )
    return Path(path)
