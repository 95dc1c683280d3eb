"""Roles, the posts to which they are bound, and the people who hold these."""

from datetime import date
from typing import Literal

import msgspec

from policies.objects.named import Named
from policies.powers import Power


class Role(Named, frozen=True, kw_only=True):
    """What a person or a system may be: `dispatcher`, `seal-approver`.

    `power`: which of the four separate powers goes with it.
    """

    title: str | None = None
    power: Power = "seal-user"


class Post(Named, frozen=True, kw_only=True):
    """A post in a company. Roles are bound to it, and people hold it for a time."""

    company: str
    title: str
    roles: frozenset[str] = frozenset()


class PersonKey(msgspec.Struct, frozen=True, kw_only=True):
    """A key with which a person signs.

    `public_key`: ed25519 32 raw bytes; ecdsa-p256-sha256 a SubjectPublicKeyInfo (RFC 5280 §4.1).
    """

    id: str
    algorithm: Literal["ed25519", "ecdsa-p256-sha256"]
    public_key: bytes


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A post that a person holds; days in Asia/Shanghai.

    `until_day` is the first day without it; None: no end is known.
    """

    post: str
    from_day: date
    until_day: date | None = None


class Person(Named, frozen=True, kw_only=True):
    """Somebody who asks, approves or governs, by the posts that they hold."""

    title: str
    company: str
    posts: tuple[Holding, ...] = ()
    keys: tuple[PersonKey, ...] = ()
