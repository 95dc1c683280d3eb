"""How single values are spelled in the policy files: names, paths, keys, days, time zones."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, WithJsonSchema

from policies.conditions.expressions import RESERVED
from policies.intake import RULES
from policies.kinds.public_keys import key_for
from strictyaml import nearest, refusal

_NAME: Final = r"^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$"


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
    return key_for("ed25519", text)


def _is_moment(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise refusal(
            f"{moment.isoformat()} has no offset, so nobody knows when it is",
            'write it such as "2026-11-20T09:00:00+08:00"',
        )
    return moment


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
SomeNames = Annotated[tuple[Name, ...], Field(min_length=1), AfterValidator(is_set)]
AnyName = Annotated[str, Field(pattern=_NAME.replace("^", r"^(\*|").replace("$", ")$"))]
Title = Annotated[str, Field(min_length=1, max_length=200)]
RelativePath = Annotated[str, Field(min_length=1), AfterValidator(_is_relative)]
Count = Annotated[int, Field(ge=0, le=(1 << 63) - 1)]
Limit = Annotated[int, Field(ge=1, le=1_000_000_000)]
PublicKey = Annotated[str, AfterValidator(_is_public_key)]
KeyText = Annotated[str, Field(min_length=1, max_length=200)]
KeyId = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,100}$")]
Day = Annotated[date, Field(description="A day in Asia/Shanghai, such as 2026-01-31.")]
Moment = Annotated[datetime, AfterValidator(_is_moment)]
Length = Annotated[float, Field(gt=0, le=2000, description="Millimetres.")]
Distance = Annotated[float, Field(ge=0, le=2000, description="Millimetres.")]
Titles = Annotated[tuple[Title, ...], AfterValidator(is_set)]
Fingerprint = Annotated[
    str,
    AfterValidator(_is_fingerprint),
    WithJsonSchema({"type": "string", "pattern": "^:*([0-9A-Fa-f]:*){64}$"}),
]
AttributeName = Annotated[str, AfterValidator(_is_attribute_name)]
TimeZone = Annotated[str, AfterValidator(_is_time_zone)]
_IntakeRule = Annotated[
    str,
    AfterValidator(_is_intake_rule),
    WithJsonSchema({"type": "string", "enum": list(RULES)}),
]
IntakeRules = Annotated[tuple[_IntakeRule, ...], AfterValidator(is_set)]
Int64 = Annotated[int, Field(ge=-(1 << 63), le=(1 << 63) - 1)]
