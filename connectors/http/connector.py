"""HTTP: a list that is asked for documents, and an address that results are sent to.

A list is asked again and again; what is durable here is acknowledged by a POST of its ids, or by
the cursor with which the next list is asked for. Results go out with an `Idempotency-Key`, the
same for every try of the same delivery; what reads them drops what it has seen.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Final, Literal, Self
from urllib.parse import quote

import aiohttp
from yarl import URL

from connectors.errors import (
    ConnectorAwayError,
    DeliveryRefusedError,
    SettingsUnfitError,
    TooLargeError,
)
from connectors.http.client import HTTPAccess, HTTPClient, check_address
from connectors.http.documents import SUCCESS, Documents
from connectors.http.listing import Entry, ListShape, Place, after, read_list
from connectors.identity import own_id
from connectors.model import Delivery, Fetched, Page
from connectors.plain_json import delivery_json

_SMALL_BYTES: Final = 65_536
_REFUSING: Final = frozenset({400, 410, 413, 415, 422})
_UNPROVED: Final = frozenset({401, 403, 404, 502, 503, 504})
_JSON: Final = {"Content-Type": "application/json"}


@dataclass(frozen=True, slots=True, kw_only=True)
class HTTPSettings:
    """Where is asked, where is answered.

    Attributes:
        name: of the connector, for its errors.
        list_url: address of the list; None: nothing is fetched.
        shape: of the list.
        cursor_parameter: query parameter that carries the cursor.
        most_parameter: query parameter that carries how many are wanted; None: it is not told.
        acknowledge_url: gets `{"ids": [...]}`; None: the cursor acknowledges.
        deliver_url: gets results; `{id}` in it is the delivery's id; None: nothing is delivered.
        deliver_method: how.
        origins: scheme, host and port of other servers that documents may be taken from.
        access: how we get in.
        max_bytes: of a document; of a larger one no more is read.
        max_list_bytes: of a list.
    """

    name: str
    list_url: str | None = None
    shape: ListShape = field(default_factory=ListShape)
    cursor_parameter: str = "cursor"
    most_parameter: str | None = None
    acknowledge_url: str | None = None
    deliver_url: str | None = None
    deliver_method: Literal["POST", "PUT"] = "POST"
    origins: tuple[str, ...] = ()
    access: HTTPAccess = field(default_factory=HTTPAccess)
    max_bytes: int = 50 * 1024 * 1024
    max_list_bytes: int = 64 * 1024 * 1024

    def __post_init__(self) -> None:
        """Refuse a list that would be read from its beginning for ever."""
        if self.list_url and not self.acknowledge_url and self.shape.next is None:
            raise SettingsUnfitError(
                "the list has neither `acknowledge` nor a cursor, so it would be read for ever",
                "write one of them",
            )
        for address in filter(
            None, (self.list_url, self.acknowledge_url, self.deliver_url, *self.origins)
        ):
            check_address(address)


class HTTPConnector:
    """See `Connector`. Its cursor is JSON: the server's own, and how far its list was read."""

    def __init__(self, settings: HTTPSettings) -> None:
        self._settings = settings
        self.fetches = settings.list_url is not None
        self.delivers = settings.deliver_url is not None
        own = (settings.list_url, settings.acknowledge_url, settings.deliver_url)
        self._client = HTTPClient(
            settings.access,
            [URL(url).origin() for url in own if url],
            [URL(url).origin() for url in settings.origins],
        )
        self._empty: tuple[URL, str] | None = None
        self._documents = Documents(self._client, settings.max_bytes)

    async def __aenter__(self) -> Self:
        """See `Connector`; servers are called with the first use."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        await self._client.close()

    async def fetch(self, cursor: str | None, *, most: int) -> Page:
        """See `Connector`; a document that cannot be had now is left out, or ends the page."""
        if self._settings.list_url is None:
            return Page(items=(), cursor=None)
        with self._told():
            return await self._page(Place.read(cursor), URL(self._settings.list_url), most)

    async def acknowledge(self, fetched: Sequence[Fetched]) -> None:
        """POST the ids, if the server wants them; the cursor does it otherwise."""
        url = self._settings.acknowledge_url
        if url is None or not fetched:
            return
        body = json.dumps({"ids": [own_id(one.id) for one in fetched]}, ensure_ascii=False).encode()
        with self._told():
            answer = await self._client.request(
                "POST", URL(url), most_bytes=_SMALL_BYTES, headers=_JSON, body=body
            )
            if answer.status not in SUCCESS:
                raise ConnectorAwayError(f"acknowledging was answered with {answer.status}")

    async def deliver(self, delivery: Delivery) -> None:
        """Send it as JSON (`delivery_json`)."""
        address = self._settings.deliver_url
        if address is None:
            raise DeliveryRefusedError(
                f"{self}: it has no `deliver`. Name it, or return elsewhere."
            )
        url = URL(address.replace("{id}", quote(delivery.id, safe="")), encoded=True)
        with self._told():
            answer = await self._client.request(
                self._settings.deliver_method,
                url,
                most_bytes=_SMALL_BYTES,
                headers={**_JSON, "Idempotency-Key": delivery.id},
                body=delivery_json(delivery),
            )
        if answer.status in _REFUSING:
            raise DeliveryRefusedError(
                f"{self}: delivery {delivery.id} was answered with {answer.status}. "
                "Its receiver must tell why it takes none like this one."
            )
        if answer.status not in SUCCESS:
            raise ConnectorAwayError(
                f"{self}: a delivery was answered with {answer.status}. It is tried again."
            )

    async def prove(self) -> None:
        """Read the list, and look whether there is a server at the other addresses."""
        its = self._settings
        with self._told():
            if its.list_url is not None:
                await self._listed(Place(), URL(its.list_url), 1)
            for address in (its.acknowledge_url, its.deliver_url):
                if address is None:
                    continue
                url = URL(address.replace("{id}", "prove"), encoded=True)
                answer = await self._client.request("OPTIONS", url, most_bytes=_SMALL_BYTES)
                if answer.status in _UNPROVED:
                    raise ConnectorAwayError(
                        f"OPTIONS {url.path} was answered with {answer.status}"
                    )

    async def _page(self, place: Place, url: URL, most: int) -> Page:
        listed = await self._listed(place, url, most)
        if listed is None:
            return Page(items=(), cursor=place.written())
        entries, following = listed
        rest = after(entries, place.after)
        by_cursor = self._settings.acknowledge_url is None
        items = await self._documents.of(rest[:most], url, in_order=by_cursor)
        if not by_cursor:
            return Page(items=items, cursor=None)
        if len(items) < len(rest):
            place = replace(place, after=own_id(items[-1].id) if items else place.after)
        elif following is not None:
            place = Place(at=following)
        elif rest:
            place = replace(place, after=rest[-1].id)
        return Page(items=items, cursor=place.written())

    async def _listed(
        self, place: Place, url: URL, most: int
    ) -> tuple[list[Entry], str | None] | None:
        """The list at this place; None where it is as empty as it was."""
        its = self._settings
        if place.at is not None:
            url = url.update_query({its.cursor_parameter: place.at})
        if its.most_parameter is not None:
            url = url.update_query({its.most_parameter: str(most)})
        known = {"If-None-Match": self._empty[1]} if self._empty and self._empty[0] == url else {}
        answer = await self._client.request(
            "GET",
            url,
            most_bytes=its.max_list_bytes,
            headers={"Accept": "application/json", **known},
        )
        if known and answer.status == HTTPStatus.NOT_MODIFIED:
            return None
        if answer.status not in SUCCESS:
            raise ConnectorAwayError(f"the list was answered with {answer.status}")
        entries, following = read_list(answer.body, its.shape)
        tag = answer.headers.get("ETag")
        self._empty = (url, tag) if tag and not entries and following is None else None
        return entries, following

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Give every error of the way the connector's name and a cure."""
        try:
            yield
        except TooLargeError as error:
            raise ConnectorAwayError(
                f"{self}: the answer has {error}. It is tried again."
            ) from error
        except ConnectorAwayError as error:
            raise ConnectorAwayError(f"{self}: {error}. It is tried again.") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise ConnectorAwayError(
                f"{self}: {reason}. Is the server there, and is its certificate one of `tls`? "
                "It is tried again."
            ) from error

    def __str__(self) -> str:
        """Which connector, for its errors."""
        its = self._settings
        url = URL(its.list_url or its.deliver_url or "")
        return f'connector "{its.name}" (HTTP, {url.origin() if url.host else "nowhere"})'
