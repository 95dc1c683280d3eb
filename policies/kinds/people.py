"""The kinds of YAML documents that say who is who: roles, the posts they are bound to, people."""

from itertools import combinations
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from policies.kinds.public_keys import SigningAlgorithm, key_for
from policies.kinds.spelling import (
    Day,
    KeyId,
    KeyText,
    Name,
    Names,
    Title,
)
from policies.kinds.things import Kind
from policies.powers import Power
from strictyaml import StrictModel, refusal


class RoleSpec(StrictModel):
    """What a person or a system may be, and which of the four separate powers goes with it."""

    title: Title | None = None
    power: Power = "seal-user"


class RoleKind(Kind):
    """`kind: Role`."""

    kind: Literal["Role"]
    spec: RoleSpec = RoleSpec()


class PostSpec(StrictModel):
    """A post in a company; roles are bound to it, not to people."""

    company: Name
    title: Title
    roles: Names = ()


class PostKind(Kind):
    """`kind: Post`."""

    kind: Literal["Post"]
    spec: PostSpec


class PersonKeySpec(StrictModel):
    """A key with which a person signs.

    `publicKey`: for ed25519 the base64 of the 32 raw bytes, for ecdsa-p256-sha256 that of the
    SubjectPublicKeyInfo (RFC 5280 §4.1).
    """

    id: KeyId
    algorithm: SigningAlgorithm
    public_key: KeyText

    @model_validator(mode="after")
    def _fits_the_algorithm(self) -> Self:
        key_for(self.algorithm, self.public_key)
        return self


class HoldingSpec(StrictModel):
    """A post that a person holds from a day on, until the first day without it."""

    post: Name
    from_: Annotated[Day, Field(alias="from")]
    until: Day | None = None

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.until is not None and self.until <= self.from_:
            raise refusal(
                f"the post is left on {self.until}, and taken on {self.from_}",
                "`until` is the first day without the post: write a later one",
            )
        return self


class PersonSpec(StrictModel):
    """Somebody who asks, approves or governs, by the posts that they hold."""

    title: Title
    company: Name
    posts: tuple[HoldingSpec, ...] = ()
    keys: tuple[PersonKeySpec, ...] = ()

    @model_validator(mode="after")
    def _holds_a_post_once(self) -> Self:
        for one, other in combinations(self.posts, 2):
            if one.post == other.post and overlap(one, other):
                raise refusal(
                    f"the post `{one.post}` is held twice on the same days",
                    "write one entry for it, or end the one before",
                )
        return self


class PersonKind(Kind):
    """`kind: Person`."""

    kind: Literal["Person"]
    spec: PersonSpec


def overlap(one: HoldingSpec, other: HoldingSpec) -> bool:
    """Whether there is a day on which both posts are held."""
    starts = max(one.from_, other.from_)
    return all(each.until is None or starts < each.until for each in (one, other))
