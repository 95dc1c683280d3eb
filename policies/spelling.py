"""How single values are spelled in the policy files: names, paths, keys, time zones."""

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field

from policies.expressions import RESERVED
from policies.intake import RULES
from strictyaml import nearest, refusal

_NAME: Final = r"^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$"
_ED25519_BYTES: Final = 32


def _is_relative(path: str) -> str:
    parts = path.split("/")
    if path.startswith("/") or "\\" in path or {"", ".", ".."} & set(parts):
        raise refusal(
            f"`{path}` is not a plain relative path",
            "write it from the folder of the policies down, e.g. certificates/east.pem",
        )
    return path


def _is_time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # which of them depends on how it is wrong
        raise refusal(
            f"no time zone is called `{name}`", "write an IANA name such as Asia/Shanghai"
        ) from error
    return name


def _is_attribute_name(name: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,62}", name) or name in RESERVED:
        raise refusal(
            f"`{name}` cannot be written as doc.attributes.{name} in a condition",
            "use small letters, digits and _, beginning with a letter, and no word of CEL",
        )
    return name


def _is_fingerprint(text: str) -> str:
    # openssl prints AB:CD:…, sha256sum prints abcd….
    plain = text.replace(":", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", plain):
        raise refusal(
            "not a SHA-256 in hex: that has 64 digits",
            "take it from `openssl x509 -fingerprint -sha256 -noout -in FILE`",
        )
    return plain


def _is_public_key(text: str) -> str:
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError):
        size = 0
    if size != _ED25519_BYTES:
        raise refusal(
            "not an Ed25519 public key: that is the base64 of 32 raw bytes",
            "give the raw key, not PEM or DER",
        )
    return text


def _is_intake_rule(name: str) -> str:
    if name not in RULES:
        meant = nearest(name, RULES)
        cure = f"did you mean {meant}?" if meant else f"there are: {', '.join(RULES)}"
        raise refusal(f"no intake rule is called `{name}`", cure)
    return name


def is_set(items: tuple[str, ...]) -> tuple[str, ...]:
    """A list in which nothing stands twice, for `AfterValidator`."""
    twice = first_twice(items)
    if twice is not None:
        raise refusal(f"`{twice}` stands here twice", "write it once")
    return items


def first_twice(items: Iterable[str]) -> str | None:
    """The first item that was there before, or None."""
    seen: set[str] = set()
    for item in items:
        if item in seen:
            return item
        seen.add(item)
    return None


Name = Annotated[str, Field(pattern=_NAME)]
Names = Annotated[tuple[Name, ...], AfterValidator(is_set)]
AnyName = Annotated[str, Field(pattern=_NAME.replace("^", r"^(\*|").replace("$", ")$"))]
Title = Annotated[str, Field(min_length=1, max_length=200)]
RelativePath = Annotated[str, Field(min_length=1), AfterValidator(_is_relative)]
Count = Annotated[int, Field(ge=0, le=(1 << 63) - 1)]
Limit = Annotated[int, Field(ge=1, le=1_000_000_000)]
PublicKey = Annotated[str, AfterValidator(_is_public_key)]
Fingerprint = Annotated[str, AfterValidator(_is_fingerprint)]
AttributeName = Annotated[str, AfterValidator(_is_attribute_name)]
TimeZone = Annotated[str, AfterValidator(_is_time_zone)]
IntakeRules = Annotated[
    tuple[Annotated[str, AfterValidator(_is_intake_rule)], ...], AfterValidator(is_set)
]
Int64 = Annotated[int, Field(ge=-(1 << 63), le=(1 << 63) - 1)]
