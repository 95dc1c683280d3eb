"""`kind: Connector`: a place, for which system it speaks, and where the results go."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gateway.declarations.declaration import Declaration
from gateway.declarations.mapping import MappingSpec
from gateway.declarations.places import AMQPPlace, FolderPlace, Place, SFTPPlace
from gateway.declarations.remote_places import HTTPPlace, S3Place, TablePlace
from policies.kinds.spelling import Name
from strictyaml import StrictModel, refusal

PLACES = ("folder", "sftp", "amqp", "table", "http", "s3")
"""The keys of `spec` of which there is exactly one: a kind of place each."""


class ConnectorSpec(StrictModel):
    """Exactly one place, and what is done with it.

    Attributes:
        folder: a watched folder.
        sftp: a folder of an SFTP server.
        amqp: a queue and an exchange of RabbitMQ.
        table: rows of PostgreSQL or MariaDB.
        http: a list that is asked for documents, an address that results are sent to.
        s3: a bucket of S3-compatible storage.
        system: for which calling system it speaks; the officers' System must name it.
        mapping: how requests are made of what comes; None: it only delivers.
        return_to: the connectors that results go to; itself when nothing is written.
        poll_seconds: how often it is looked at.
        most: documents in one batch.
    """

    folder: FolderPlace | None = None
    sftp: SFTPPlace | None = None
    amqp: AMQPPlace | None = None
    table: TablePlace | None = None
    http: HTTPPlace | None = None
    s3: S3Place | None = None
    system: Name
    mapping: MappingSpec | None = None
    return_to: tuple[Name, ...] | None = Field(default=None, alias="return")
    poll_seconds: Annotated[float, Field(ge=0.1, le=3600)] = 2.0
    most: Annotated[int, Field(ge=1, le=10_000)] = 500

    # Another kind of place: a model in `places`, a field and a word in `PLACES` here, its settings
    # in `connectors.open`.
    @model_validator(mode="after")
    def _is_one_place(self) -> Self:
        given = [key for key in PLACES if getattr(self, key) is not None]
        if len(given) != 1:
            raise refusal(
                f"a connector is exactly one of {', '.join(PLACES)}",
                "keep one of them; another place is another connector",
            )
        return self

    @property
    def place(self) -> Place:
        """Which it is."""
        (place,) = (each for key in PLACES if (each := getattr(self, key)) is not None)
        if not isinstance(place, Place):
            raise TypeError(f"{place} is no place")
        return place


class ConnectorKind(Declaration):
    """`kind: Connector`."""

    kind: Literal["Connector"]
    spec: ConnectorSpec
