"""What a seal of ours has added to a document: its signature container, and the field it stands in.

Others are told both (`Revision`), and look for them in the same bytes.
"""

import re
from typing import Final

import msgspec

from gateway.signing.model import SealedDocument

_CONTENTS: Final = re.compile(rb"/Contents\s*<([0-9A-Fa-f\s]+)>")
_OCTAL: Final = re.compile(rb"\\([0-7]{3})")
_FIELD: Final = "Seal-"
_SHORT_LENGTH: Final = 0x80


def container_in(update: bytes) -> bytes:
    """The last signature container in an update, without the zeros that fill its place up.

    Raises:
        ValueError: there is none.
    """
    places = _CONTENTS.findall(update)
    if not places:
        raise ValueError("no signature container in what we sealed")
    return _der(bytes.fromhex(places[-1].decode()))


def _der(padded: bytes) -> bytes:
    """The first DER value (X.690 §8.1.3: length in one byte, or in as many as the first says)."""
    first = padded[1]
    if first < _SHORT_LENGTH:
        return padded[: 2 + first]
    count = first & ~_SHORT_LENGTH
    return padded[: 2 + count + int.from_bytes(padded[2 : 2 + count])]


def field_of(sealed: SealedDocument, update: bytes) -> str:
    """The field that the cycle made for the document, or the one that the decision names.

    Raises:
        ValueError: there is neither.
    """
    made = f"{_FIELD}{sealed.row.id}"
    # Characters may stand there by their octal codes (ISO 32000-2 §7.3.4.2).
    plain = _OCTAL.sub(lambda found: bytes([int(found[1], 8) & 0xFF]), update)
    if f"({made})".encode() in plain:
        return made
    placement = msgspec.json.decode(sealed.row.decision).get("placement") or {}
    if placement.get("type") != "field":
        raise ValueError("no signature field in what we sealed")
    return str(placement["field"])
