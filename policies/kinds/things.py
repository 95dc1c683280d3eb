"""The frame of every YAML document, and the things that rules speak of: systems, types, seals.

Every document has `apiVersion: sealgate/v1`, `kind`, `metadata: {name, description?, managedBy?}`
and `spec`. What can be checked inside one document is checked where its kind is declared; names
that lead elsewhere are checked by `policies.reading.references`.
"""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from policies.intake import RULES
from policies.kinds.placement import WrittenPlacement, is_visible
from policies.kinds.seal_types import USUAL_SEAL_TYPES
from policies.kinds.spelling import (
    AttributeName,
    Fingerprint,
    Int64,
    IntakeRules,
    KeyId,
    Name,
    Names,
    PublicKey,
    RelativePath,
    Title,
)
from policies.objects.named import ManagedBy
from policies.objects.seals import SealState
from strictyaml import StrictModel, refusal


class Metadata(StrictModel):
    """The name, one of a kind in the whole bundle, and words for the reader.

    `managedBy` says aloud whose the object is. It follows from the folder
    (`policies.reading.folders`), so it may be left out, and a contradiction is a mistake.
    """

    name: Name
    description: str | None = None
    managed_by: ManagedBy | None = None


class Kind(StrictModel):
    """What all documents have."""

    api_version: Literal["sealgate/v1"]
    metadata: Metadata


class KeySpec(StrictModel):
    """A key for signed requests."""

    id: KeyId
    algorithm: Literal["ed25519", "hmac-sha256"]
    public_key: PublicKey | None = None
    secret_file: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _has_its_own_half(self) -> Self:
        wants = "publicKey" if self.algorithm == "ed25519" else "secretFile"
        given = {"publicKey": self.public_key, "secretFile": self.secret_file}
        if {name for name, value in given.items() if value is not None} != {wants}:
            raise refusal(f"a key for {self.algorithm} has {wants} and no other", f"give {wants}")
        return self


class CertificateSpec(StrictModel):
    """A client certificate, by the SHA-256 of its DER."""

    sha256: Fingerprint


class SystemSpec(StrictModel):
    """A calling system, its credentials, and the connectors that speak for it.

    `connectors` are IT's (`connectors:` of config.yaml); what one of them brings is this system's.
    """

    company: Name
    line: Name | None = None
    roles: Names = ()
    keys: tuple[KeySpec, ...] = ()
    certificates: tuple[CertificateSpec, ...] = ()
    connectors: Names = ()

    @model_validator(mode="after")
    def _can_prove_itself(self) -> Self:
        if not self.keys and not self.certificates and not self.connectors:
            raise refusal(
                "a system without a key, certificate or connector could never ask for anything",
                "add `keys:`, `certificates:` or `connectors:`",
            )
        return self


class SystemKind(Kind):
    """`kind: System`."""

    kind: Literal["System"]
    spec: SystemSpec


class AttributeSpec(StrictModel):
    """One attribute of a document type.

    `party`: it names a party of the document, which rules may look for in it.
    """

    type: Literal["string", "integer", "boolean"]
    required: bool = False
    minimum: Int64 | None = None
    maximum: Int64 | None = None
    max_length: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    pattern: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    party: bool = False

    @model_validator(mode="after")
    def _limits_fit_the_type(self) -> Self:
        numeric = (self.minimum, self.maximum) != (None, None)
        textual = (self.max_length, self.pattern) != (None, None)
        if numeric and self.type != "integer":
            raise refusal(f"a {self.type} has no minimum or maximum", "remove them")
        if textual and self.type != "string":
            raise refusal(f"a {self.type} has no maxLength or pattern", "remove them")
        if self.party and self.type != "string":
            raise refusal(f"a {self.type} names no party", "remove `party:`, or make it a string")
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise refusal("no number is between minimum and maximum", "swap them")
        return self


class IntakeSpec(StrictModel):
    """Which intake rules a document type switches, one way or the other."""

    accept: IntakeRules = ()
    refuse: IntakeRules = ()

    @model_validator(mode="after")
    def _makes_up_its_mind(self) -> Self:
        both = sorted({*self.accept} & {*self.refuse})
        if both:
            raise refusal(f"`{both[0]}` is accepted and refused", "write it under one of the two")
        for name in self.accept:
            if not RULES[name].switchable:
                raise refusal(
                    f"`{name}` cannot be accepted: {RULES[name].reason}", "remove it from `accept:`"
                )
        return self


class RetentionSpec(StrictModel):
    """How long the content of sealed documents is kept; digests and records stay for good.

    `keep: content` for `years`, or for good without them; `keep: digests` erases the content after
    `collectDays`, in which the system that asked collects it.
    """

    keep: Literal["content", "digests"] = "content"
    years: Annotated[int, Field(ge=1, le=100)] | None = None
    collect_days: Annotated[int, Field(ge=1, le=366)] = 7

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if self.keep == "digests" and self.years is not None:
            raise refusal(
                "`years` says how long content is kept, and `keep: digests` keeps none",
                "remove `years`, or write `keep: content`",
            )
        return self


class DocumentTypeSpec(StrictModel):
    """A kind of business document.

    `counterparty` is the attribute that names the other side, of which a freeze may speak.
    """

    title: Title | None = None
    attributes: dict[AttributeName, AttributeSpec] = Field(default_factory=dict)
    counterparty: AttributeName | None = None
    intake: IntakeSpec = IntakeSpec()
    normalize: bool = False
    retention: RetentionSpec = RetentionSpec()

    @model_validator(mode="after")
    def _knows_its_counterparty(self) -> Self:
        if self.counterparty is None:
            return self
        named = self.attributes.get(self.counterparty)
        if named is None or named.type != "string":
            texts = ", ".join(
                name for name, each in self.attributes.items() if each.type == "string"
            )
            raise refusal(
                f"counterparty: `{self.counterparty}` is no attribute of this type that is text",
                f"write one of: {texts}" if texts else "add an attribute with `type: string`",
            )
        return self


class DocumentTypeKind(Kind):
    """`kind: DocumentType`."""

    kind: Literal["DocumentType"]
    spec: DocumentTypeSpec = DocumentTypeSpec()


class SignatureSpec(StrictModel):
    """Certification or approval, and what may change afterwards."""

    kind: Literal["certification", "approval"] = "certification"
    permission: Literal["no-changes", "form-filling"] = "no-changes"


class RoundSpec(StrictModel):
    """A round stamp that is drawn. The bounds are the engraver's (gateway.documents.stamp)."""

    name: Annotated[str, Field(min_length=2, max_length=36)]
    purpose: Annotated[str, Field(min_length=1, max_length=14)] | None = None
    serial: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")] | None = None
    diameter_millimetres: Annotated[float, Field(ge=30, le=60)] = 40.0
    color: Annotated[str, Field(pattern=r"^#[0-9A-Fa-f]{6}$")] = "#E60012"


class PictureSpec(StrictModel):
    """A stamp from a picture file."""

    file: RelativePath
    width_millimetres: Annotated[float, Field(ge=5, le=150)]


class StampSpec(StrictModel):
    """Exactly one of `round` and `picture`."""

    round: RoundSpec | None = None
    picture: PictureSpec | None = None

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.round is None) == (self.picture is None):
            raise refusal(
                "a stamp has exactly one of round, picture",
                "keep one of them, or remove `stamp:` for a seal that nobody sees",
            )
        return self


class SealSpec(StrictModel):
    """Mark, certificate and key together.

    `sharesKeyWith` names the seal whose key it is, where the group has two marks of one key.
    """

    company: Name
    line: Name | None = None
    type: Annotated[Title, Field(examples=list(USUAL_SEAL_TYPES))]
    state: SealState
    frozen_reason: Title | None = None
    key: Annotated[str, Field(min_length=1, max_length=200)]
    shares_key_with: Name | None = None
    certificate: RelativePath
    signature: SignatureSpec = SignatureSpec()
    stamp: StampSpec | None = None
    placement: WrittenPlacement | None = None

    @model_validator(mode="after")
    def _makes_sense_together(self) -> Self:
        if self.frozen_reason is not None and self.state != "frozen":
            raise refusal(
                f"a seal that is {self.state} has no frozenReason", "remove it, or freeze the seal"
            )
        placed = self.placement is not None and is_visible(self.placement)
        if self.stamp is None and placed:
            raise refusal(
                "the seal has no stamp that could be placed", "add `stamp:` or remove `placement:`"
            )
        return self


class SealKind(Kind):
    """`kind: Seal`."""

    kind: Literal["Seal"]
    spec: SealSpec
