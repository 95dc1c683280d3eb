"""What a caller writes of an envelope, and what an upload with one has in it.

The same shapes are read from description files on the command line.
"""

from datetime import UTC, datetime
from typing import Annotated, Self

from pydantic import AfterValidator, AwareDatetime, Field, StrictBool, model_validator

from cloud_bridge.model import (
    Box,
    ContentMode,
    Delivery,
    FieldKind,
    Handwriting,
    Language,
    Level,
    Party,
    PartyField,
    PartyKind,
)
from gateway.batches.reading.names import folded, shown, twins
from gateway.envelopes.model import NewEnvelope, NewFile
from gateway.http.errors import DocumentTooLargeProblem, MalformedRequestProblem
from gateway.http.reading.intake import Attribute, parsed_json
from gateway.http.reading.uploads import Upload, UploadedPart
from strictyaml import StrictModel, refusal

MOST_DOCUMENTS = 50
_MOST_ORDER_BYTES = 256 * 1024
_MOST_PARTIES = 50
_MOST_FIELDS = 200


def _in_utc(written: datetime) -> datetime:
    try:
        return written.astimezone(UTC)
    except OverflowError:
        raise refusal("this moment is beyond the calendar", "name an earlier one") from None


def _file_name(written: str) -> str:
    if written in {".", ".."} or written != shown(written):
        raise refusal(f"{shown(written)!r} is no name for a file", "name the file alone")
    return written


FileName = Annotated[
    str, Field(pattern=r"^[^/\\\x00-\x1f\x7f]{1,200}$"), AfterValidator(_file_name)
]
_Id = Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,64}$")]
_Line = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
_Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
_Millimetres = Annotated[float, Field(ge=0, le=5000)]
_AttributeName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]
_Moment = Annotated[AwareDatetime, AfterValidator(_in_utc)]


class BoxInput(StrictModel):
    """A place on a page, in millimetres from its top left corner as a reader sees it."""

    page: Annotated[
        int, Field(strict=True, ge=-10_000, le=10_000, description="From 1; -1 is the last.")
    ]
    left_mm: _Millimetres
    top_mm: _Millimetres
    width_mm: Annotated[float, Field(gt=0, le=5000)]
    height_mm: Annotated[float, Field(gt=0, le=5000)]


class PartyFieldInput(StrictModel):
    """Something that a party writes or signs into a document."""

    name: _Id
    document: FileName
    kind: FieldKind
    box: BoxInput
    label: _Text = Field(default="", description="What the person is asked for.")
    required: StrictBool = True
    choices: Annotated[tuple[_Line, ...], Field(max_length=100)] = ()

    @property
    def value(self) -> PartyField:
        """As the rest of the house has it."""
        return PartyField(
            name=self.name,
            document=self.document,
            kind=self.kind,
            box=Box(**self.box.model_dump()),
            label=self.label,
            required=self.required,
            choices=self.choices,
        )


class PartyInput(StrictModel):
    """Who signs, or only gets a copy."""

    id: _Id = Field(description="Its own within the envelope, such as `buyer`.")
    kind: PartyKind
    account: _Text = Field(
        default="",
        description="The id on the network: an organisation's, your own among them, or a person's. "
        "Empty: a bearer, who holds the goods.",
    )
    name: _Text = Field(
        default="", description="The certificate, or the person's verified name, must agree."
    )
    turn: Annotated[int, Field(strict=True, ge=1, le=_MOST_PARTIES)] = Field(
        default=1, description="The lowest signs first; those of one turn in any order."
    )
    any_of: _Id | None = Field(
        default=None, description="Parties with the same word here stand for each other (或签)."
    )
    copy_only: StrictBool = Field(
        default=False, alias="copy", description="Gets everything, signs nothing (抄送)."
    )
    level: Level = "contact"
    contact_tail: Annotated[str, Field(pattern=r"^[0-9]{0,11}$")] = ""
    handwriting: Handwriting = "free"
    reading_seconds: Annotated[int, Field(strict=True, ge=0, le=3600)] = 0
    fields: Annotated[tuple[PartyFieldInput, ...], Field(max_length=_MOST_FIELDS)] = ()
    bring_link: StrictBool = Field(
        default=True,
        description="Of a person: whether the network brings it its link; else you do.",
    )
    language: Language | None = Field(
        default=None, description="Of a person: in which the network writes to it."
    )

    @model_validator(mode="after")
    def _is_known_or_a_bearer(self) -> Self:
        if self.kind == "bearer" and self.account:
            raise refusal(
                f"party {self.id} is a bearer, whom nobody knows beforehand", "remove its account"
            )
        if self.kind != "bearer" and not self.account:
            raise refusal(f"party {self.id} has no account", "name its account on the network")
        return self

    @property
    def value(self) -> Party:
        """As the rest of the house has it."""
        return Party(
            id=self.id,
            kind=self.kind,
            account=self.account,
            name=self.name,
            turn=self.turn,
            any_of=self.any_of,
            copy=self.copy_only,
            level=self.level,
            contact_tail=self.contact_tail,
            handwriting=self.handwriting,
            reading_seconds=self.reading_seconds,
            fields=tuple(each.value for each in self.fields),
            bring_link=self.bring_link,
            language=self.language,
        )


class DeliveryInput(StrictModel):
    """What a receipt says of the goods (物流回单)."""

    waybill: _Line
    shipper: _Line
    carrier: _Line
    consignee: _Line
    lines: Annotated[
        tuple[tuple[_Line, Annotated[int, Field(strict=True, ge=0, le=10**9)]], ...],
        Field(min_length=1, max_length=500, description="Name and number of each good."),
    ]


class EnvelopeInput(StrictModel):
    """The part `envelope`: who signs what, until when, and what the policies are to know."""

    title: _Line
    company: _Line = Field(description="Of yours, for which it is sent.")
    parties: Annotated[tuple[PartyInput, ...], Field(min_length=1, max_length=_MOST_PARTIES)]
    document_type: _Line = Field(description="By which the policies decide what we sign.")
    seal: _Line = Field(description="With which we sign.")
    expires_at: _Moment
    business_number: _Line
    mode: ContentMode = "encrypted"
    attributes: dict[_AttributeName, Attribute] = Field(
        default_factory=dict, max_length=100, description="For the policies; they do not leave."
    )
    tell_number: StrictBool = Field(
        default=False, description="Whether the others see the business number."
    )
    delivery: DeliveryInput | None = None
    voids: Annotated[str, Field(pattern=r"^[0-9a-f-]{36}$")] | None = Field(
        default=None, description="An envelope that this one cancels, once all have signed."
    )

    @model_validator(mode="after")
    def _names_each_party_once(self) -> Self:
        ids = [party.id for party in self.parties]
        if twice := sorted({each for each in ids if ids.count(each) > 1}):
            raise refusal(f"party {', '.join(twice)} comes twice", "give each an id of its own")
        return self

    @model_validator(mode="after")
    def _tells_of_goods_where_a_bearer_takes_them(self) -> Self:
        # Without, our seal would go onto what no label can ever be made for.
        bearers = [party.id for party in self.parties if party.kind == "bearer"]
        if bearers and self.delivery is None:
            raise refusal(
                f"party {bearers[0]} is a bearer, and nothing says of which goods",
                "add `delivery` with waybill, shipper, carrier, consignee and lines",
            )
        if self.delivery is not None and not bearers:
            raise refusal(
                "`delivery` tells of goods, and nobody takes them",
                "add a party of kind `bearer`, or remove `delivery`",
            )
        return self

    @property
    def value(self) -> NewEnvelope:
        """As the rest of the house has it."""
        return NewEnvelope(
            title=self.title,
            company=self.company,
            parties=tuple(party.value for party in self.parties),
            document_type=self.document_type,
            seal=self.seal,
            expires_at=self.expires_at,
            business_number=self.business_number,
            mode=self.mode,
            attributes=self.attributes,
            tell_number=self.tell_number,
            delivery=None if self.delivery is None else Delivery(**self.delivery.model_dump()),
            voids=self.voids,
        )


class WhyInput(StrictModel):
    """Why an envelope is withdrawn or declined."""

    reason: _Line


class WhoInput(StrictModel):
    """Which party is meant."""

    party: _Id


class PersonInput(StrictModel):
    """A person who is to sign. Both leave the house: the network finds or makes the account."""

    name: _Line
    contact: Annotated[str, Field(min_length=3, max_length=254, pattern=r"^[^\x00-\x1f\x7f]+$")] = (
        Field(description="A telephone number or mailbox.")
    )


def read_envelope(
    upload: Upload, *, most_document_bytes: int
) -> tuple[NewEnvelope, tuple[NewFile, ...]]:
    """What was uploaded: the envelope, and its documents in the order in which they came.

    Raises:
        MalformedRequestProblem: a part is missing, unknown or twice, or says what cannot be.
        DocumentTooLargeProblem: a document is larger than the gateway takes.
    """
    parts = [part for part in upload.parts if part.name == "document"]
    written = [part for part in upload.parts if part.name == "envelope"]
    unknown = sorted({part.name for part in upload.parts} - {"document", "envelope"})
    if unknown or len(written) != 1:
        raise MalformedRequestProblem(
            f"parts unknown: {', '.join(map(shown, unknown))[:100] or 'none'}; `envelope` comes "
            f"{len(written)} times, and must come once"
        )
    if written[0].length > _MOST_ORDER_BYTES:
        raise MalformedRequestProblem(f"`envelope` is longer than {_MOST_ORDER_BYTES} bytes")
    new = parsed_json(upload.content(written[0]), EnvelopeInput, word="envelope").value
    _check_names(parts)
    for part in parts:
        if part.length > most_document_bytes:
            raise DocumentTooLargeProblem(
                f"{shown(part.filename)} has {part.length} bytes; at most {most_document_bytes} "
                "are taken"
            )
    return new, tuple(NewFile(name=part.filename, content=upload.content(part)) for part in parts)


def _check_names(parts: list[UploadedPart]) -> None:
    if not 1 <= len(parts) <= MOST_DOCUMENTS:
        raise MalformedRequestProblem(
            f"{len(parts)} parts are `document`; an envelope has 1 to {MOST_DOCUMENTS} of them"
        )
    taken = twins(part.filename for part in parts)
    for part in parts:
        try:
            parsed_name(part.filename)
        except ValueError as error:
            raise MalformedRequestProblem(str(error)) from None
        if folded(part.filename) in taken:
            raise MalformedRequestProblem(f"{shown(part.filename)} comes more than once")


class _Named(StrictModel):
    name: FileName


def parsed_name(name: str) -> str:
    """The name of a document; ValueError: it is no plain name of a file."""
    try:
        return _Named(name=name).name
    except ValueError:
        raise ValueError(
            f"{shown(name)!r} is no name for a document: 1 to 200 characters without folders"
        ) from None
