"""A real account network in this process, at a free port, and companies that speak HTTP with it.

async with network_house(tmp_path) as house:
    buyer = await house.company("买方有限公司")
    envelope = buyer.draft(buyer, seller)
    await envelope.send()
"""

import contextlib
import hashlib
import io
import itertools
import secrets
import ssl
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

import aiohttp
import msgspec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from http_message_signatures import HTTPMessageSigner, HTTPSignatureKeyResolver
from http_message_signatures.algorithms import ED25519

from cloud_bridge.cards import CardBook
from cloud_bridge.encryption import encrypt, plain
from cloud_bridge.envelopes.chain import Entry
from cloud_bridge.envelopes.record import check
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import (
    Act,
    Revision,
    Sent,
    Signed,
    SignedStatement,
    Statement,
)
from cloud_bridge.keys import EncryptionKey, SigningKey, sign_statement
from cloud_bridge.model import (
    Card,
    ContentMode,
    DocumentTerms,
    Level,
    Organisation,
    Party,
    SignedCard,
    Terms,
    Verification,
)
from cloud_bridge.network.accounts.model import Account
from cloud_bridge.network.authority import Authority, write_private
from cloud_bridge.network.config import NetworkConfig
from cloud_bridge.network.core import Core, Room
from cloud_bridge.network.open import ROOMS
from cloud_bridge.network.serving import Serving, serving
from cloud_bridge.wire import Content, EnvelopeRecord, Feed, Heads, NewEnvelope
from gateway.clock import SystemClock
from tests.fresh_databases import put_network_database
from tests.seals_of_companies import Certified, authority, certify, sign_card

T = TypeVar("T")

START = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
PAPER = b"%PDF-1.7 a contract between two companies"


class HouseTime:
    """Runs as real time does, from `START`; a test may move it on."""

    def __init__(self, start: datetime = START) -> None:
        self._clock = SystemClock()
        self._start = start
        self._since = self._clock.monotonic()
        self._moved = timedelta()

    @classmethod
    def real(cls) -> Self:
        """As a network in another process has it."""
        return cls(SystemClock().now())

    def now(self) -> datetime:
        return self._start + self._moved + timedelta(seconds=self._clock.monotonic() - self._since)

    def monotonic(self) -> float:
        return self._clock.monotonic() + self._moved.total_seconds()

    def move(self, by: timedelta) -> None:
        self._moved += by


class ProblemAnswer(Exception):  # noqa: N818 - as RFC 9457 says
    """The network answered with a problem."""

    def __init__(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.type = str(body["type"]).removeprefix("urn:sealgate:problem:")
        self.body = body
        self.headers = headers


@dataclass
class Request:
    """A signed request, as it goes out; a test may spoil it."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None


class _Key(HTTPSignatureKeyResolver):
    def __init__(self, key: SigningKey) -> None:
        self._key = load_pem_private_key(key.pem, password=None)

    def resolve_private_key(self, key_id: str) -> Any:  # noqa: ARG002, ANN401 - there is one
        return self._key


@dataclass
class Company:
    """An organisation with all that its gateway would have."""

    house: "House"
    id: str
    name: str
    seal: Certified
    signing: SigningKey = field(default_factory=SigningKey.generate)
    encryption: EncryptionKey = field(default_factory=EncryptionKey.generate)
    serial: int = 1
    tls: ssl.SSLContext | None = None
    began: datetime = field(init=False)

    def __post_init__(self) -> None:
        # Time runs on, and a card of a serial stays as it is.
        self.began = self.house.time.now().replace(microsecond=0)

    @property
    def card(self) -> Card:
        return Card(
            organisation=self.id,
            name=self.name,
            signing_key=self.signing.public,
            encryption_key=self.encryption.public,
            serial=self.serial,
            issued_at=self.began - timedelta(days=1),
            expires_at=self.began + timedelta(days=365),
        )

    def party(self, name: str, *, turn: int = 1, **changes: Any) -> Party:  # noqa: ANN401
        return Party(
            id=name, kind="organisation", account=self.id, name=self.name, turn=turn, **changes
        )

    def request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        created: datetime | None = None,
        nonce: str | None = None,
    ) -> Request:
        """A request, signed as the network wants it."""
        origin = self.house.signed_url or self.house.url
        request = Request(method, f"{origin}{path}", {}, body)
        covered = ["@method", "@target-uri"] + ["content-digest"] * (body is not None)
        signer = HTTPMessageSigner(signature_algorithm=ED25519, key_resolver=_Key(self.signing))
        signer.sign(
            request,
            key_id=self.id,
            created=created or self.house.time.now(),
            nonce=nonce or secrets.token_urlsafe(12),
            label="sealgate",
            covered_component_ids=covered,
            body=body,
        )
        request.url = f"{self.house.url}{path}"
        return request

    async def ask(self, method: str, path: str, body: object = None, **how: Any) -> bytes:  # noqa: ANN401
        """The body of the answer; ProblemAnswer: it was refused."""
        encoded = body if body is None or isinstance(body, bytes) else msgspec.json.encode(body)
        return await self.deliver(self.request(method, path, encoded, **how))

    async def deliver(self, request: Request) -> bytes:
        return await self.house.deliver(request, tls=self.tls)

    async def get(self, path: str, type: type[T]) -> T:  # noqa: A002 - msgspec's word
        return msgspec.json.decode(await self.ask("GET", path), type=type)

    async def publish(self) -> SignedCard:
        signed = sign_card(self.card, self.seal)
        await self.ask("PUT", "/v1/card", signed)
        return signed

    async def put(self, content: Content) -> None:
        head = content.head
        packed = msgspec.msgpack.encode(content)
        await self.ask("PUT", f"/v1/envelopes/{head.envelope}/contents/{head.digest}", packed)

    async def content(self, envelope: str, digest: str) -> Content:
        answer = await self.ask("GET", f"/v1/envelopes/{envelope}/contents/{digest}")
        return msgspec.msgpack.decode(answer, type=Content)

    async def state(self, signed: SignedStatement, *, envelope: str) -> Entry:
        answer = await self.ask("POST", f"/v1/envelopes/{envelope}/statements", signed)
        return msgspec.json.decode(answer, type=Entry)

    async def record(self, envelope: str) -> EnvelopeRecord:
        return await self.get(f"/v1/envelopes/{envelope}", EnvelopeRecord)

    async def feed(self, after: str = "", *, wait: float = 0) -> Feed:
        return await self.get(f"/v1/feed?after={after}&wait={wait}", Feed)

    async def feed_along(self, after: str = "", *, wait: float = 0) -> Feed:
        """With what the network brings along."""
        path = f"/v1/feed?after={after}&wait={wait}&with=contents"
        return msgspec.msgpack.decode(await self.ask("GET", path), type=Feed)

    async def heads(self, after: str = "") -> Heads:
        return await self.get(f"/v1/heads?after={after}", Heads)

    def draft(self, *parties: Party, **changes: Any) -> "Draft":  # noqa: ANN401
        """An envelope of ours with one document, not sent yet."""
        mode: ContentMode = changes.pop("mode", "encrypted")
        terms = Terms(
            envelope=str(uuid.uuid4()),
            title="采购合同",
            initiator=self.id,
            mode=mode,
            parties=parties,
            documents=(
                DocumentTerms(
                    name="合同.pdf",
                    digest=hashlib.sha256(PAPER).hexdigest(),
                    size=len(PAPER),
                    type="purchase-contract",
                ),
            ),
            expires_at=self.house.time.now().replace(microsecond=0) + timedelta(days=30),
        )
        return Draft(self.house, self, msgspec.structs.replace(terms, **changes))


@dataclass
class Draft:
    """An envelope that a test drives; each company says what it has to say itself."""

    house: "House"
    initiator: Company
    terms: Terms
    _ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))

    def __post_init__(self) -> None:
        self.bytes = msgspec.json.encode(self.terms)
        self.digest = hashlib.sha256(self.bytes).hexdigest()

    @property
    def id(self) -> str:
        return self.terms.envelope

    def content(self, body: bytes) -> Content:
        """A document for everybody who may read it."""
        if self.terms.mode == "open":
            return plain(body, envelope=self.id)
        cards = [
            self.house.companies[each.account].card
            for each in self.terms.parties
            if each.kind == "organisation"
        ]
        return encrypt(body, envelope=self.id, cards=cards)

    def said(self, act: Act, *, by: Company, party: str = "", **changes: Any) -> Statement:  # noqa: ANN401
        statement = Statement(
            id=f"{by.id}-{next(self._ids)}",
            envelope=self.id,
            terms=self.digest,
            author=by.id,
            act=act,
            at=self.house.time.now(),
            party=party,
        )
        return msgspec.structs.replace(statement, **changes)

    def sign(self, statement: Statement, *, by: Company) -> SignedStatement:
        return sign_statement(statement, by.signing, card=by.serial)

    def new(self) -> NewEnvelope:
        act = Sent(terms=self.digest)
        statement = self.said(act, by=self.initiator, id="sent")
        return NewEnvelope(terms=self.bytes, sent=self.sign(statement, by=self.initiator))

    async def put(self) -> None:
        if self.terms.mode != "digest":
            await self.initiator.put(self.content(PAPER))

    async def send(self) -> Entry:
        await self.put()
        answer = await self.initiator.ask("POST", "/v1/envelopes", self.new())
        return msgspec.json.decode(answer, type=Entry)

    async def now(self) -> EnvelopeState:
        """As its initiator reads it, checked as a gateway does."""
        record = await self.initiator.record(self.id)
        return check(record, network_key=self.house.network_key, cards=self.house.cards)

    async def statement(
        self,
        act: Act,
        *,
        by: Company,
        party: str = "",
        **changes: Any,  # noqa: ANN401
    ) -> SignedStatement:
        state = await self.now()
        seen = {"seen": state.sequence, "head": state.head, **changes}
        return self.sign(self.said(act, by=by, party=party, **seen), by=by)

    async def say(self, act: Act, *, by: Company, party: str = "", **changes: Any) -> Entry:  # noqa: ANN401
        signed = await self.statement(act, by=by, party=party, **changes)
        return await by.state(signed, envelope=self.id)

    async def signature(self, *, by: Company, party: str) -> Signed:
        """What a party signs next, with its content put there."""
        state = await self.now()
        revisions = []
        for document in self.terms.documents:
            before = state.size(document.name)
            body = PAPER + secrets.token_bytes(before - len(PAPER) + 100)
            if self.terms.mode != "digest":
                await by.put(self.content(body))
            revisions.append(
                Revision(
                    document=document.name,
                    base=state.current[document.name],
                    digest=hashlib.sha256(body).hexdigest(),
                    size=len(body),
                    container=b"\x30\x03\x02\x01\x01",
                    field=f"Signature-{party}",
                )
            )
        return Signed(revisions=tuple(revisions))

    async def signed(self, *, by: Company, party: str) -> Entry:
        return await self.say(await self.signature(by=by, party=party), by=by, party=party)


class _HouseCards(CardBook):
    def __init__(self, house: "House") -> None:
        self._house = house

    def card(self, organisation: str, serial: int) -> Card | None:
        return self._house.published.get((organisation, serial))


@dataclass
class House:
    """A network that runs somewhere. `root` is what companies' seals are trusted by.

    `signed_url`: what companies call it, where that is not `url`, as behind a proxy.
    """

    time: HouseTime
    root: Certified
    http: aiohttp.ClientSession
    url: str
    network_key: str
    signed_url: str = ""
    companies: dict[str, Company] = field(default_factory=dict)
    published: dict[tuple[str, int], Card] = field(default_factory=dict)

    @property
    def cards(self) -> CardBook:
        return _HouseCards(self)

    async def deliver(self, request: Request, *, tls: ssl.SSLContext | None = None) -> bytes:
        extra: dict[str, Any] = {} if tls is None else {"ssl": tls}
        data = None if request.body is None else io.BytesIO(request.body)
        async with self.http.request(
            request.method, request.url, data=data, headers=request.headers, **extra
        ) as answer:
            body = await answer.read()
            if answer.status >= 400:
                problem = msgspec.json.decode(body, type=dict[str, Any])
                raise ProblemAnswer(answer.status, problem, dict(answer.headers))
            return body


@dataclass(kw_only=True)
class NetworkHouse(House):
    """A network in this process."""

    directory: Path
    served: Serving

    @property
    def core(self) -> Core:
        return self.served.network.core

    async def company(
        self, name: str, *, level: Level = "organisation", publish: bool = True
    ) -> Company:
        """A new organisation, registered, with its card published."""
        company = Company(
            house=self,
            id=f"org-{secrets.token_hex(6)}",
            name=name,
            seal=certify(f"{name} 合同专用章", by=self.root, organisation=name),
        )
        self.companies[company.id] = company
        await self.register(company, level=level)
        if publish:
            await company.publish()
            self.published[company.id, company.serial] = company.card
        return company

    async def register(
        self,
        company: Company,
        *,
        level: Level = "organisation",
        certificates: frozenset[str] = frozenset(),
        expires: timedelta = timedelta(days=365),
    ) -> None:
        now = self.time.now()
        verification = Verification(
            level=level, method="register-extract", at=now, expires_at=now + expires
        )
        told = Organisation(id=company.id, name=company.name, verification=verification)
        await self.core.accounts.add(
            Account(
                organisation=told,
                signing_key=company.signing.public,
                certificates=certificates,
            )
        )


def network_config(directory: Path, **changes: Any) -> NetworkConfig:  # noqa: ANN401
    """A trial network's configuration in a directory, with its keys."""
    directory.mkdir(parents=True, exist_ok=True)
    keys = {name: directory / f"{name}.pem" for name in ("network", "client-ca", "persons-ca")}
    if not keys["network"].exists():
        write_private(keys["network"], SigningKey.generate().pem)
        for name in ("client-ca", "persons-ca"):
            made = Authority.new(name, network="Test network", now=START - timedelta(days=1))
            write_private(keys[name], made.pem)
    config = {
        "name": "Test network",
        "state_directory": directory / "state",
        "keys": {
            "network": keys["network"],
            "client_ca": keys["client-ca"],
            "persons_ca": keys["persons-ca"],
        },
        "server": {"port": 0},
        "webhooks": {"private_addresses": True},
    }
    return NetworkConfig.model_validate({**config, **changes})


@contextlib.asynccontextmanager
async def network_house(
    directory: Path,
    *,
    time: HouseTime | None = None,
    rooms: Sequence[Callable[[Core], Room]] = ROOMS,
    **changes: Any,  # noqa: ANN401
) -> AsyncIterator[NetworkHouse]:
    """A network in a directory; opened there again, it has what it had."""
    time = time or HouseTime()
    config = network_config(directory, **changes)
    if config.store.url is None:
        put_network_database(config.state_directory / "network.db")
    async with serving(config, time, rooms=rooms) as served, aiohttp.ClientSession() as http:
        yield NetworkHouse(
            time=time,
            root=authority(),
            http=http,
            url=served.url,
            network_key=served.network.core.key.public,
            directory=directory,
            served=served,
        )
