"""S3-compatible storage: objects below a prefix come, objects below others are results.

An object is taken by copying it below another prefix and deleting it, both only if it is still the
one that was fetched. Results are put only where nothing is (`If-None-Match: *`): the same delivery
again finds its own object there and is content.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cache
from typing import Any, Final, Self

import aiohttp
from aiobotocore.config import AioConfig
from aiobotocore.session import AioSession
from botocore.exceptions import BotoCoreError, ClientError

from connectors.errors import (
    ConnectorAwayError,
    DeliveryRefusedError,
    PlaceUnfitError,
    TooLargeError,
)
from connectors.identity import marked, own_id
from connectors.model import Delivery, Fetched, Page
from connectors.names import plain_name, safe_name
from connectors.remembered import Remembered
from connectors.s3.objects import Bucket, Listed, ObjectChangedError
from connectors.s3.settings import S3Settings
from connectors.secret_files import first_line

_PAGE_BYTES: Final = 64 * 1024 * 1024
_AT_ONCE: Final = 8
# aiobotocore lets errors of an answer's body through as aiohttp raises them.
_AWAY: Final = (ClientError, BotoCoreError, aiohttp.ClientError, OSError, ValueError)
_MOST_TAGS: Final = 100_000


class S3Connector:
    """See `Connector`. The cursor is always None: what was taken is below its prefix no more."""

    def __init__(self, settings: S3Settings) -> None:
        self._settings = settings
        self.fetches = settings.inbox is not None
        self.delivers = settings.results is not None
        self._bucket: Bucket | None = None
        self._closing = AsyncExitStack()
        self._opening = asyncio.Lock()
        self._tags: dict[str, str] = {}
        self._durable = Remembered()

    async def __aenter__(self) -> Self:
        """See `Connector`; the server is called with the first use."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close every connection."""
        await self._close()

    async def fetch(self, cursor: str | None, *, most: int) -> Page:
        """See `Connector`; objects come by the order of their keys."""
        del cursor
        inbox = self._settings.inbox
        if inbox is None:
            return Page(items=(), cursor=None)
        async with self._used() as bucket:
            if len(self._tags) > _MOST_TAGS:
                self._tags.clear()
            listed = _that_fit(await bucket.list(inbox, most), self._settings.max_bytes)
            items = await self._contents(bucket, listed, inbox)
        return Page(items=items, cursor=None)

    async def acknowledge(self, fetched: Sequence[Fetched]) -> None:
        """Move what is still as it was fetched; what has changed since comes again as another."""
        its = self._settings
        if its.inbox is None:
            return
        async with self._used() as bucket:
            for one in fetched:
                key, tag = own_id(one.id), self._tags.get(one.id)
                if one.id in self._durable:
                    continue
                if tag is None:
                    raise ConnectorAwayError(f"{key} was not fetched here; it comes again")
                await bucket.move(key, its.taken + key.removeprefix(its.inbox), tag)
                self._durable.add(one.id)
                self._tags.pop(one.id)

    async def deliver(self, delivery: Delivery) -> None:
        """Put `sealed/NAME` and `sealed/NAME.result.json`, or another kind's below its name."""
        results = self._settings.results
        if results is None:
            raise DeliveryRefusedError(
                f"{self}: it has no `results`. Name it, or return elsewhere."
            )
        key = f"{results}{delivery.kind}/{_safe_path(delivery.name)}"
        told = {**delivery.result, "delivery": delivery.id, "kind": delivery.kind}
        async with self._used() as bucket:
            if delivery.content:
                await _put(bucket, key, delivery.content, delivery.id)
            if delivery.kind != "summary":  # last: whoever finds it finds both
                text = json.dumps(told, ensure_ascii=False, indent=2, sort_keys=True)
                await _put(bucket, key + ".result.json", text.encode(), delivery.id)

    async def lying_ready(self, name: str, *, most_bytes: int) -> bytes | None:
        """See `connectors.interfaces.Stock`: what is below the prefix `stock`."""
        if self._settings.stock is None:
            return None
        key = self._settings.stock + name
        async with self._used() as bucket:
            found = next((it for it in await bucket.list(key, 1) if it.key == key), None)
            if found is None:
                return None
            if found.size > most_bytes:
                raise TooLargeError
            try:
                return await bucket.get(found)
            except ObjectChangedError:
                return None

    async def prove(self) -> None:
        """List, and see that the server puts nothing over what is there."""
        its = self._settings
        async with self._used() as bucket:
            if its.inbox is not None:
                await bucket.list(its.inbox, 1)
            if its.results is not None and not await bucket.keeps_what_is_there(its.results):
                raise PlaceUnfitError(
                    "the server does not know `If-None-Match: *` and would put one result over "
                    "another; use one that does, or return elsewhere"
                )

    async def _contents(
        self, bucket: Bucket, listed: Sequence[Listed], inbox: str
    ) -> tuple[Fetched, ...]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(it: Listed) -> Fetched | ClientError | None:
            async with gate:
                return await self._content(bucket, it, inbox)

        got = await asyncio.gather(*(one(it) for it in listed))
        others_work = any(isinstance(each, Fetched) and not each.problem for each in got)
        items: list[Fetched] = []
        for it, each in zip(listed, got, strict=True):
            if isinstance(each, Fetched):
                items.append(each)
            elif each is not None:
                if not others_work:
                    raise each
                items.append(self._fetched(it, inbox, b"", f"it cannot be read: {each}"))
        return tuple(items)

    async def _content(
        self, bucket: Bucket, it: Listed, inbox: str
    ) -> Fetched | ClientError | None:
        """None: it is no longer what was listed."""
        limit = self._settings.max_bytes
        if it.size > limit:
            problem = f"the object has {it.size:,} bytes, and {limit:,} are allowed"
            return self._fetched(it, inbox, b"", problem)
        try:
            return self._fetched(it, inbox, await bucket.get(it), "")
        except ObjectChangedError:
            return None
        except ClientError as error:
            return error

    def _fetched(self, it: Listed, inbox: str, content: bytes, problem: str) -> Fetched:
        id_ = marked(it.key, content or (it.tag + problem).encode())
        self._tags[id_] = it.tag
        name = plain_name(it.key.removeprefix(inbox), otherwise=it.key)
        return Fetched(id=id_, name=name, content=content, fields={"key": it.key}, problem=problem)

    @asynccontextmanager
    async def _used(self) -> AsyncIterator[Bucket]:
        """The bucket; every error with the connector's name and a cure."""
        try:
            yield await self._open()
        except DeliveryRefusedError as error:
            raise DeliveryRefusedError(f"{self}: {error}") from error
        except PlaceUnfitError as error:
            raise PlaceUnfitError(f"{self}: {error}") from error
        except (*_AWAY, ConnectorAwayError) as error:
            await self._close()  # keys may have changed
            raise ConnectorAwayError(
                f"{self}: {error}. Is the server there, the bucket's name right, and may the key "
                "do this? It is tried again."
            ) from error

    async def _open(self) -> Bucket:
        async with self._opening:
            if self._bucket is None:
                client = await self._closing.enter_async_context(self._client())
                self._bucket = Bucket(client, self._settings.bucket)
            return self._bucket

    def _client(self) -> Any:  # noqa: ANN401 - aiobotocore makes its clients' classes at run time
        its = self._settings
        return _session().create_client(
            "s3",
            endpoint_url=its.endpoint,
            region_name=its.region,
            aws_access_key_id=its.access_key,
            aws_secret_access_key=first_line(its.secret_key_file),
            verify=True if its.tls.ca is None else str(its.tls.ca),
            config=AioConfig(
                connect_timeout=its.timeout_seconds,
                read_timeout=its.timeout_seconds,
                retries={"max_attempts": 1, "mode": "standard"},
                s3={"addressing_style": "path" if its.path_style else "virtual"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    async def _close(self) -> None:
        closing, self._closing, self._bucket = self._closing, AsyncExitStack(), None
        await closing.aclose()

    def __str__(self) -> str:
        """Which connector, for its errors."""
        its = self._settings
        return f'connector "{its.name}" (S3, {its.endpoint or its.region}, bucket {its.bucket})'


@cache
def _session() -> AioSession:
    """One for all: reading what botocore knows of S3 takes a tenth of a second."""
    return AioSession()


def _that_fit(listed: Sequence[Listed], max_bytes: int) -> Sequence[Listed]:
    """The first ones, as many as memory has room for."""
    room = _PAGE_BYTES
    for number, it in enumerate(listed):
        room -= it.size if it.size <= max_bytes else 0
        if room < 0 and number:
            return listed[:number]
    return listed


def _safe_path(name: str) -> str:
    return "/".join(safe_name(part) for part in name.split("/") if part) or safe_name("")


async def _put(bucket: Bucket, key: str, content: bytes, delivery: str) -> None:
    """Put it there, or under a name with the delivery's id where another delivery has the name."""
    if await bucket.put(key, content, delivery):
        return
    folder, _, name = key.rpartition("/")
    other = f"{folder}/{safe_name(delivery)}.{name}"
    if not await bucket.put(other, content, delivery):
        raise DeliveryRefusedError(f"{other} is there already and not ours; remove it")
