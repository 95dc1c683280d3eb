"""The settings of databases, HTTP servers and storage, as IT writes them."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from connectors.errors import SettingsUnfitError
from connectors.http.client import HTTPAccess
from connectors.http.connector import HTTPSettings
from connectors.http.listing import ListShape
from connectors.s3.settings import S3Settings
from connectors.table.connector import TableSettings
from connectors.table.database import DatabaseSettings
from connectors.table.results import ResultTable, RowResults
from connectors.table.rows import Rows
from gateway.config import AbsolutePath
from gateway.declarations.places import Place, Seconds, TLSSpec, Words, those_of
from strictyaml import StrictModel, refusal


class RemotePlace(Place):
    """A place whose settings know themselves what they refuse."""

    timeout_seconds: Seconds = 30.0

    @model_validator(mode="after")
    def _fits(self) -> Self:
        try:
            self.settings("any", beside=None)
        except SettingsUnfitError as error:
            raise refusal(error.message, error.cure) from None
        return self


class RowsSpec(StrictModel):
    """Which rows are documents; see `connectors.table.rows.Rows`."""

    table: Words
    key: Words
    status: Words
    content: Words
    encoding: Literal["bytes", "base64"] = "bytes"
    name: Words | None = None
    fields: tuple[Words, ...] = ()
    new: Words = "new"
    taken: Words = "taken"


class RowResultsSpec(StrictModel):
    """Columns of the same row for its result; see `connectors.table.results.RowResults`."""

    result: Words
    content: Words | None = None
    sealed: Words = "sealed"
    failed: Words = "failed"


class ResultTableSpec(StrictModel):
    """A table of results; see `connectors.table.results.ResultTable`."""

    table: Words
    id: Words = "id"
    kind: Words = "kind"
    name: Words = "name"
    fetched: Words = "fetched"
    content: Words = "content"
    result: Words = "result"


class TablePlace(RemotePlace):
    """Rows of PostgreSQL or MariaDB that documents come from, and what results are written to."""

    url: Words
    password_file: AbsolutePath | None = None
    tls: TLSSpec | None = Field(default=TLSSpec(), description="null: without TLS.")
    db_schema: Words | None = Field(default=None, alias="schema")
    rows: RowsSpec | None = None
    row_results: RowResultsSpec | None = None
    result_table: ResultTableSpec | None = None

    @model_validator(mode="after")
    def _has_one_place_for_results(self) -> Self:
        if self.row_results is not None and self.result_table is not None:
            raise refusal("there are both `rowResults` and `resultTable`", "keep one of them")
        return self

    def settings(self, name: str, *, beside: str | None) -> TableSettings:
        """See `Place`."""
        del beside  # nothing lies beside a row
        rows = self.rows
        return TableSettings(
            name=name,
            database=DatabaseSettings(
                url=self.url,
                password_file=self.password_file,
                tls=None if self.tls is None else self.tls.plain(),
                schema=self.db_schema,
                timeout_seconds=self.timeout_seconds,
            ),
            rows=None if rows is None else Rows(max_bytes=self.max_bytes, **rows.model_dump()),
            results=self._results,
        )

    @property
    def readable(self) -> tuple[Path, ...]:
        """See `Place`."""
        tls = () if self.tls is None else self.tls.readable
        return (*those_of(self.password_file), *tls)

    @property
    def _results(self) -> RowResults | ResultTable | None:
        if self.row_results is not None:
            return RowResults(**self.row_results.model_dump())
        if self.result_table is not None:
            return ResultTable(**self.result_table.model_dump())
        return None


class ListSpec(StrictModel):
    """A list that is asked for documents; see `connectors.http.listing.ListShape`."""

    url: Words
    items: Annotated[str, Field(pattern="^(/|$)")] = "/items"
    next: Annotated[str, Field(pattern="^/")] | None = None
    id: Words = "id"
    name: Words = "name"
    document: Words = "url"
    content: Words = "content"
    fields: tuple[Words, ...] | None = None
    cursor_parameter: Words = "cursor"
    most_parameter: Words | None = None

    @property
    def shape(self) -> ListShape:
        """For `connectors`."""
        return ListShape(
            items=self.items,
            next=self.next,
            id=self.id,
            name=self.name,
            url=self.document,
            content=self.content,
            fields=self.fields,
        )


class DeliverSpec(StrictModel):
    """An address that results are sent to; `{id}` in it is the delivery's id."""

    url: Words
    method: Literal["POST", "PUT"] = "POST"


class HTTPPlace(RemotePlace):
    """A server that is asked for documents, or is sent results, or both."""

    list_: ListSpec | None = Field(default=None, alias="list")
    acknowledge: Words | None = None
    deliver: DeliverSpec | None = None
    origins: tuple[Words, ...] = ()
    token_file: AbsolutePath | None = None
    token_header: Words = "Authorization"  # noqa: S105 - the name of a header
    token_prefix: str = "Bearer "  # noqa: S105 - what stands before the token
    tls: TLSSpec = TLSSpec()

    def settings(self, name: str, *, beside: str | None) -> HTTPSettings:
        """See `Place`."""
        del beside  # nothing lies beside what a list tells
        listed, deliver = self.list_, self.deliver
        return HTTPSettings(
            name=name,
            list_url=None if listed is None else listed.url,
            shape=ListShape() if listed is None else listed.shape,
            cursor_parameter="" if listed is None else listed.cursor_parameter,
            most_parameter=None if listed is None else listed.most_parameter,
            acknowledge_url=self.acknowledge,
            deliver_url=None if deliver is None else deliver.url,
            deliver_method="POST" if deliver is None else deliver.method,
            origins=self.origins,
            access=HTTPAccess(
                token_file=self.token_file,
                token_header=self.token_header,
                token_prefix=self.token_prefix,
                tls=self.tls.plain(),
                timeout_seconds=self.timeout_seconds,
            ),
            max_bytes=self.max_bytes,
        )

    @property
    def readable(self) -> tuple[Path, ...]:
        """See `Place`."""
        return (*those_of(self.token_file), *self.tls.readable)


class S3Place(RemotePlace):
    """A bucket of S3-compatible storage; see `connectors.s3.settings.S3Settings`."""

    bucket: Words
    access_key: Words
    secret_key_file: AbsolutePath
    endpoint: Annotated[str, Field(pattern="^https?://")] | None = None
    region: Words = "us-east-1"
    path_style: bool = True
    tls: TLSSpec = TLSSpec()
    inbox: Words | None = None
    taken: Words = "taken/"
    results: Words | None = None
    stock: Words | None = None

    def settings(self, name: str, *, beside: str | None) -> S3Settings:
        """See `Place`."""
        del beside  # an object is fetched alone
        return S3Settings(
            name=name,
            bucket=self.bucket,
            access_key=self.access_key,
            secret_key_file=self.secret_key_file,
            endpoint=self.endpoint,
            region=self.region,
            path_style=self.path_style,
            tls=self.tls.plain(),
            inbox=self.inbox,
            taken=self.taken,
            results=self.results,
            stock=self.stock,
            max_bytes=self.max_bytes,
            timeout_seconds=self.timeout_seconds,
        )

    @property
    def readable(self) -> tuple[Path, ...]:
        """See `Place`."""
        return (self.secret_key_file, *self.tls.readable)
