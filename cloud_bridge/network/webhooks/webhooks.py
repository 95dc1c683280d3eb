"""Calls to organisations that something came into their feed: durable, signed, and only a hint.

By Standard Webhooks: `webhook-id`, `webhook-timestamp` and `webhook-signature` with an HMAC-SHA256
of the webhook's secret (`v1`) and an Ed25519 signature of the network's key (`v1a`). What is owed
is written in the transaction of the entry, and tried until the receiver says that it has it, at
most for three days.
"""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import aiohttp
import msgspec
import structlog
from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update

from cloud_bridge.interfaces import Time
from cloud_bridge.keys import SigningKey
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.problems import NetworkProblem, NotFoundProblem, WebhookProblem
from cloud_bridge.network.records.recording import New
from cloud_bridge.network.store import schema
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.network.webhooks.addresses import PublicAddresses, refuse_address
from cloud_bridge.network.webhooks.model import Call, CallData, Webhook

_TRIES: Final = tuple(
    timedelta(seconds=each) for each in (5, 30, 120, 600, 1800, 7200, 21600, 43200, 86400, 86400)
)
_AT_ONCE: Final = 50
_MOST: Final = 20
_LOOK_SECONDS: Final = 1.0
_CLAIM: Final = timedelta(minutes=3)
_GONE: Final = 410
_OF_SUCCESS: Final = range(200, 300)
_Notice = Row[Any]
_CALLED: Final = select(schema.webhook.c.id, schema.webhook.c.organisation).where(
    schema.webhook.c.is_on, schema.webhook.c.organisation.in_(bindparam("told", expanding=True))
)

_log = structlog.get_logger("network.webhooks")


class Webhooks:
    """Where organisations want to be called, and what they are still owed."""

    def __init__(self, lane: Lane, time: Time, key: SigningKey, *, private_addresses: bool) -> None:
        self._lane = lane
        self._time = time
        self._key = key
        self._private_addresses = private_addresses
        self._is_owed = asyncio.Event()
        self._under_way: set[str] = set()
        self._owes = False

    async def add(self, organisation: str, url: str) -> Webhook:
        """A new webhook, or the one that there is for this address.

        Raises:
            WebhookProblem: the network may not call there, or the organisation has many already.
        """
        refuse_address(url, private=self._private_addresses)
        table = schema.webhook

        def work(connection: Connection) -> Webhook:
            known = connection.execute(
                select(table).where(table.c.organisation == organisation)
            ).all()
            for row in known:
                if row.url == url:
                    turned_on = update(table).where(table.c.id == row.id).values(is_on=True)
                    connection.execute(turned_on)
                    return Webhook(id=row.id, url=row.url, secret=row.secret, is_on=True)
            if len(known) >= _MOST:
                raise WebhookProblem(f"there are {_MOST} webhooks already")
            key = base64.b64encode(secrets.token_bytes(32)).decode()
            webhook = Webhook(id=str(uuid.uuid4()), url=url, secret=f"whsec_{key}", is_on=True)
            values = msgspec.structs.asdict(webhook)
            connection.execute(insert(table).values(organisation=organisation, **values))
            return webhook

        return await self._lane.write(work)

    async def listing(self, organisation: str) -> tuple[Webhook, ...]:
        """All of an organisation."""
        table = schema.webhook
        question = select(table).where(table.c.organisation == organisation).order_by(table.c.url)
        rows = await self._lane.read(lambda connection: connection.execute(question).all())
        return tuple(
            Webhook(id=row.id, url=row.url, secret=row.secret, is_on=row.is_on) for row in rows
        )

    async def remove(self, organisation: str, id: str) -> None:  # noqa: A002 - the webhook's own word
        """Call there no more, and forget what was owed; NotFoundProblem: there is none."""
        table = schema.webhook

        def work(connection: Connection) -> None:
            own = (table.c.organisation == organisation) & (table.c.id == id)
            if not connection.execute(delete(table).where(own)).rowcount:
                raise NotFoundProblem(f"there is no webhook {id!r}")
            connection.execute(delete(schema.notice).where(schema.notice.c.webhook == id))

        await self._lane.write(work)

    @property
    def owes(self) -> bool:
        """Whether the newest transaction with entries owes calls; on the lane's thread."""
        return self._owes

    def owe(self, connection: Connection, new: Sequence[New]) -> None:
        """Within the transaction of entries: what webhooks are owed for them."""
        told = {who for each in new for who, _, _ in each.told}
        rows = connection.execute(_CALLED, {"told": sorted(told)}).all()
        self._owes = bool(rows)
        if not rows:
            return
        now = self._time.now()
        notices = [
            {
                "id": f"msg_{secrets.token_hex(12)}",
                "organisation": row.organisation,
                "webhook": row.id,
                "body": msgspec.json.encode(
                    Call(
                        type="envelope.entry",
                        timestamp=now.isoformat(),
                        data=CallData(
                            envelope=each.state.terms.envelope,
                            sequence=each.state.sequence,
                            act=each.tag,
                        ),
                    )
                ),
                "tries": 0,
                "due_at": microseconds(now),
            }
            for each in new
            for row in rows
            if any(row.organisation == who for who, _, _ in each.told)
        ]
        if notices:
            connection.execute(insert(schema.notice), notices)

    def owed(self) -> None:
        """Something is owed since now."""
        self._is_owed.set()

    async def deliver(self) -> None:
        """Call whoever is owed something, each at its own pace; until it is cancelled."""
        connector = aiohttp.TCPConnector(
            resolver=None if self._private_addresses else PublicAddresses()
        )
        timeout = aiohttp.ClientTimeout(total=20, connect=10)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            asyncio.TaskGroup() as group,
        ):
            while True:
                self._is_owed.clear()
                claimed = await self._claim()
                for webhook, rows in claimed.items():
                    self._under_way.add(webhook)
                    group.create_task(self._call_all(session, webhook, rows))
                if not claimed:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(_LOOK_SECONDS):
                            await self._is_owed.wait()

    async def _claim(self) -> dict[str, list[_Notice]]:
        """What is due, by webhook; other nodes leave it alone for a while."""
        notice, webhook = schema.notice, schema.webhook
        now = self._time.now()
        question = (
            select(notice, webhook.c.url, webhook.c.secret)
            .join(webhook, webhook.c.id == notice.c.webhook)
            .where(notice.c.due_at <= microseconds(now), webhook.c.is_on)
            .where(webhook.c.id.not_in(sorted(self._under_way)))
            .order_by(notice.c.due_at)
            .limit(_AT_ONCE)
        )
        if not await self._lane.read(lambda connection: connection.execute(question).all()):
            return {}

        def work(connection: Connection) -> dict[str, list[_Notice]]:
            rows = connection.execute(question.with_for_update(of=notice, skip_locked=True)).all()
            claimed: dict[str, list[_Notice]] = {}
            for row in rows:
                claimed.setdefault(row.webhook, []).append(row)
            mine = notice.c.id.in_([row.id for row in rows])
            later = microseconds(now + _CLAIM)
            connection.execute(update(notice).where(mine).values(due_at=later))
            return claimed

        return await self._lane.write(work)

    async def _call_all(
        self, session: aiohttp.ClientSession, webhook: str, rows: list[_Notice]
    ) -> None:
        try:
            statuses: list[int] = []
            for row in rows:
                # Who does not answer once is not asked for the rest.
                is_silent = bool(statuses) and statuses[-1] not in _OF_SUCCESS
                statuses.append(statuses[-1] if is_silent else await self._call(session, row))
            answers = list(zip(rows, statuses, strict=True))
            await self._lane.write(lambda connection: self._note(connection, webhook, answers))
        except NetworkProblem as problem:  # tried again once the claim is over
            _log.warning("webhook_not_noted", webhook=webhook, error=problem.detail)
        finally:
            self._under_way.discard(webhook)
            self._is_owed.set()

    def _note(
        self, connection: Connection, webhook: str, answers: list[tuple[_Notice, int]]
    ) -> None:
        table, notice = schema.webhook, schema.notice
        now = self._time.now()
        for row, status in answers:
            own = notice.c.id == row.id
            if status in _OF_SUCCESS or row.tries >= len(_TRIES):
                connection.execute(delete(notice).where(own))
            else:
                due = microseconds(now + _TRIES[row.tries])
                later = {"tries": row.tries + 1, "due_at": due}
                connection.execute(update(notice).where(own).values(**later))
        if any(status == _GONE for _, status in answers):
            off = update(table).where(table.c.id == webhook).values(is_on=False)
            connection.execute(off)
            connection.execute(delete(notice).where(notice.c.webhook == webhook))

    async def _call(self, session: aiohttp.ClientSession, row: _Notice) -> int:
        try:
            refuse_address(row.url, private=self._private_addresses)
            headers = self.headers(row.id, row.secret, row.body)
            async with session.post(
                row.url, data=row.body, headers=headers, allow_redirects=False
            ) as answer:
                return answer.status
        except (aiohttp.ClientError, OSError, TimeoutError, WebhookProblem) as error:
            _log.info("webhook_failed", webhook=row.webhook, error=str(error)[:300])
            return 0

    def headers(self, id: str, secret: str, body: bytes) -> dict[str, str]:  # noqa: A002 - the standard's word
        """What Standard Webhooks sends with a body."""
        at = str(int(self._time.now().timestamp()))
        signed = f"{id}.{at}.".encode() + body
        shared = base64.b64decode(secret.removeprefix("whsec_"))
        symmetric = base64.b64encode(hmac.new(shared, signed, hashlib.sha256).digest()).decode()
        asymmetric = base64.b64encode(self._key.sign(signed)).decode()
        return {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{symmetric} v1a,{asymmetric}",
        }
