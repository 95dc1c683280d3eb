"""A key ceremony as it is planned in a file that people review, and what a token has of it."""

import unicodedata
from typing import Literal, Self

import msgspec
from cryptography import x509
from pydantic import ConfigDict, Field, field_validator, model_validator

from hsm.interfaces import Mechanism
from strictyaml import StrictModel, refusal

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_RSA: frozenset[Mechanism] = frozenset({"rsa-pkcs1-sha256", "rsa-pss-sha256"})


class _Section(StrictModel):
    # Beside config.yaml, and with its underscores.
    model_config = ConfigDict(alias_generator=None)

    @field_validator("*")
    @classmethod
    def _is_as_it_looks(cls, value: object) -> object:
        """What people sign must not hold what they do not see, nor lines that nobody planned."""
        if isinstance(value, str) and any(unicodedata.category(each) in _UNSEEN for each in value):
            raise refusal(
                "it has characters that nobody sees, or that begin a new line",
                "write it in one line, with letters, digits, punctuation and spaces alone",
            )
        return value


class Witness(_Section):
    """Somebody who is there and signs the protocol."""

    name: str = Field(min_length=1, description="Who.")
    role: str = Field(min_length=1, description="As what.")


class PlannedKey(_Section):
    """A key pair that is to be on the token."""

    id: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]{0,63}$", description="Its name under hsm.keys in config.yaml."
    )
    label: str = Field(min_length=1, description="CKA_LABEL of both halves on the token.")
    mechanism: Mechanism = Field(description="As under hsm.keys; it says the type of the key.")
    bits: Literal[2048, 3072, 4096] | None = Field(
        default=None, description="Length of an RSA key; for other keys the mechanism says it."
    )
    sensitive: Literal[True] = Field(description="It can never be read. There is no other choice.")
    non_extractable: Literal[True] = Field(description="It can never be taken out, even wrapped.")
    sign_only: Literal[True] = Field(description="It signs, and neither decrypts nor unwraps.")
    subject: str | None = Field(
        default=None,
        description="Name (RFC 4514) for a certificate request; none: no request is made.",
    )

    @field_validator("subject")
    @classmethod
    def _is_a_name(cls, subject: str | None) -> str | None:
        if subject is not None:
            try:
                x509.Name.from_rfc4514_string(subject)
            except ValueError as error:
                raise refusal(
                    f"it is no name of a certificate: {error}", "write it such as CN=…,O=…,C=CN"
                ) from error
        return subject

    @model_validator(mode="after")
    def _goes_together(self) -> Self:
        if (self.mechanism in _RSA) != (self.bits is not None):
            raise refusal(
                f"`bits` is for RSA keys, which have it, and {self.mechanism} says the rest",
                "write bits: 3072 beside an RSA mechanism, and no bits beside others",
            )
        if self.mechanism == "ed25519" and self.subject is not None:
            raise refusal("a key of the audit log gets no certificate", "remove `subject` from it")
        return self


class CeremonyPlan(_Section):
    """All of the file."""

    ceremony: str = Field(min_length=1, description="What it is for; the protocol's title.")
    token: str = Field(
        min_length=1, description="CKA_LABEL of the token that it is for: another one is refused."
    )
    keys: tuple[PlannedKey, ...] = Field(min_length=1, description="The keys.")
    witnesses: tuple[Witness, ...] = Field(
        min_length=2, description="Who is there: two at the least."
    )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for what in ("id", "label"):
            values = [getattr(each, what) for each in self.keys]
            if len(set(values)) < len(values):
                raise refusal(f"two keys have the same `{what}`", "give each key one of its own")
        people = {
            " ".join(unicodedata.normalize("NFKC", each.name).casefold().split())
            for each in self.witnesses
        }
        if len(people) < len(self.witnesses):
            raise refusal("two witnesses have the same name", "name each person once")
        return self


class FoundKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the token has of a planned key.

    Attributes:
        id: its name in the plan.
        label: CKA_LABEL.
        mechanism: the planned one.
        state: `missing`, `found` (it was there, as planned), `made` (just now), or `other`: it is
            there and is not what was planned.
        bits: of the RSA modulus or the curve's field; 0 while it is missing.
        public_key_sha256: of the SubjectPublicKeyInfo, hex; empty while it is missing.
        attributes: PKCS#11's attributes of the private key, as read back; null: not told.
        differences: why it is another one.
    """

    id: str
    label: str
    mechanism: Mechanism
    state: Literal["missing", "found", "made", "other"]
    bits: int = 0
    public_key_sha256: str = ""
    attributes: dict[str, bool | None] = {}
    differences: tuple[str, ...] = ()


class FoundToken(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """Which token it is, as it says itself, and the planned keys on it."""

    label: str
    serial: str
    manufacturer: str
    model: str
    firmware: str
    keys: tuple[FoundKey, ...]
