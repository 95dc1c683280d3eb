"""RFC 9421 signatures in their plainest form, verified without a parser for all that RFC allows.

Nearly every request comes signed in one form: one signature, components that are named without
parameters, parameters without escapes, each header in one line. For that form the signature base
(RFC 9421 §2.5) can be put together from the very texts that came. Whatever is not exactly of that
form, and whatever does not verify, is left to the http-message-signatures library, which says yes
or says why not: the plain form only ever spares work, it never refuses. A property test holds the
two together (tests/properties/test_plain_signature.py).
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

Check = Callable[[bytes, bytes], bool]
"""Whether the signature (first) fits the signature base (second)."""

_FIELDS = frozenset({"content-digest", "content-type", "idempotency-key"})
_LABEL = r"([a-z][a-z0-9_-]{0,50})"
_COMPONENT = r'"@?[a-z-]{1,30}"'
_NUMBER = r";(?:created|expires)=[1-9][0-9]{0,10}"
_TEXT = r';(?:alg|keyid|nonce|tag)="[A-Za-z0-9._~:/+=-]{1,200}"'
# What is serialized again comes out as it went in: one space, no leading zeros, no escapes.
_INPUT = re.compile(
    rf"{_LABEL}=(\(({_COMPONENT}(?: {_COMPONENT}){{0,9}})\)((?:{_NUMBER}|{_TEXT}){{1,6}}))"
)
_PARAMETER = re.compile(r';([a-z]+)=(?:"([^"]*)"|([0-9]+))')
_SIGNATURE = re.compile(rf"{_LABEL}=:([A-Za-z0-9+/]{{20,200}}={{0,2}}):")
_METHOD = re.compile(r"[A-Z]{1,20}")
_URL = re.compile(
    r"https?://[a-z0-9.-]{1,253}(?::[1-9][0-9]{0,4})?/[A-Za-z0-9._~/-]*(?:\?[A-Za-z0-9._~=&-]*)?"
)


class HeaderLines(Protocol):
    """A request's headers, found by name in any spelling."""

    def getall(self, key: str, default: tuple[()], /) -> Sequence[str]:
        """The values of every line that the header came in."""
        ...


@dataclass(frozen=True, slots=True)
class PlainSignature:
    """What a verified signature says.

    Attributes:
        covered: the value of each covered component under its serialized name, `"content-type"`
            with its quotation marks, and of `"@signature-params"`, in the signature base's order.
        parameters: `created` and `expires` as integers, the others as text.
    """

    covered: Mapping[str, str]
    parameters: Mapping[str, int | str]


def verified(
    method: str,
    url: str,
    headers: HeaderLines,
    *,
    key_id: str,
    algorithm: str,
    check: Check,
) -> PlainSignature | None:
    """What the request's signature says, if it is of the plain form and this key made it.

    None says nothing about the request: ask the library.
    """
    named = _INPUT.fullmatch(_only(headers, "signature-input"))
    signed = _SIGNATURE.fullmatch(_only(headers, "signature"))
    if named is None or signed is None or named[1] != signed[1]:
        return None
    if not _METHOD.fullmatch(method) or not _URL.fullmatch(url):
        return None
    parameters = _parameters(named[4])
    covered = _covered(_components(named[3]), method, url, headers)
    signature = _bytes(signed[2])
    if covered is None or signature is None or parameters is None:
        return None
    if parameters.get("keyid") != key_id or parameters.get("alg", algorithm) != algorithm:
        return None
    covered['"@signature-params"'] = named[2]
    signature_base = "\n".join([f"{name}: {value}" for name, value in covered.items()])
    if not check(signature, signature_base.encode("ascii")):
        return None
    return PlainSignature(covered, parameters)


def _only(headers: HeaderLines, name: str) -> str:
    """The value of a header that came in one line, of nothing but visible ASCII and inner spaces.

    Otherwise the empty text, which no plain form allows.
    """
    lines = headers.getall(name, ())
    if len(lines) != 1:
        return ""
    value = lines[0]
    plain = value.isascii() and value.isprintable() and value.strip(" ") == value
    return value if plain else ""


def _parameters(text: str) -> dict[str, int | str] | None:
    found = _PARAMETER.findall(text)
    parameters = {name: int(number) if number else said for name, said, number in found}
    return parameters if len(parameters) == len(found) else None


@lru_cache(maxsize=64)  # a calling system names the same ones each time
def _components(names: str) -> tuple[str, ...]:
    """The components without their quotation marks; none when one of them comes twice."""
    components = tuple(name[1:-1] for name in names.split(" "))
    return components if len(set(components)) == len(components) else ()


def _covered(
    components: tuple[str, ...], method: str, url: str, headers: HeaderLines
) -> dict[str, str] | None:
    covered: dict[str, str] = {}
    for component in components:
        if component in _FIELDS:
            value = _only(headers, component)
        elif component == "@method":
            value = method
        elif component == "@target-uri":
            value = url
        else:
            return None
        if not value:
            return None
        covered[f'"{component}"'] = value
    return covered or None


def _bytes(text: str) -> bytes | None:
    try:
        value = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    # Spare bits that are not zero would decode to the same bytes.
    return value if base64.b64encode(value).decode() == text else None
