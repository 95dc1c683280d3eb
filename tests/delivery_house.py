"""A carrier's network with one waybill: a company that seals, a driver, and a shipper on copy."""

import contextlib
import hashlib
import io
import uuid
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from PIL import Image, ImageDraw

from cloud_bridge.encryption import plain
from cloud_bridge.envelopes.chain import terms_digest
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.envelopes.statements import (
    Act,
    Received,
    Revision,
    Sent,
    Signed,
    SignedStatement,
    Statement,
)
from cloud_bridge.keys import SigningKey, sign_statement
from cloud_bridge.model import (
    Box,
    Card,
    Delivery,
    DocumentTerms,
    Organisation,
    Party,
    PartyField,
    SignedCard,
    Terms,
    Verification,
)
from cloud_bridge.network.accounts.model import Account
from cloud_bridge.network.authority import Authority
from cloud_bridge.network.config import KeysConfig, NetworkConfig
from cloud_bridge.network.core import Core, Room
from cloud_bridge.network.deliveries.model import Claim, Receipt
from cloud_bridge.network.deliveries.open import Deliveries
from cloud_bridge.network.http.routes import ORGANISATION
from cloud_bridge.network.open import Network, open_network
from cloud_bridge.network.persons.errors import NotSentError
from cloud_bridge.network.press.authority import PersonAuthority
from cloud_bridge.network.press.interfaces import field_of
from cloud_bridge.network.press.model import Handwritten
from cloud_bridge.network.press.pressing import ChildPress
from cloud_bridge.network.problems import NetworkProblem
from cloud_bridge.wire import NewEnvelope, NewPerson
from tests.press_here import PressHere
from tests.receipts.paper import Run, paper

START = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
COMPANY = "org-company"
WAYBILL = "SF-2026-0042"
TAIL = "4821"
DOCUMENT = "回单.pdf"
SHIPPER_PHONE = "+8613900007733"
LINES = (("照明灯 LED-40W", 8), ("纸箱 A4 paper", 12))
SECRET = "A" * 43
OTHER_SECRET = "B" * 42 + "A"
DRAWN = Handwritten(
    width=640, height=280, strokes=(((60, 200), (200, 60), (320, 220)), ((360, 90), (560, 210)))
)


@dataclass
class HandClock:
    """A clock that the test moves."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def monotonic(self) -> float:
        return (self.at - START).total_seconds()

    def advance(self, **span: float) -> None:
        self.at += timedelta(**span)


@dataclass
class Telephones:
    """What reached telephones: codes and addresses of copies."""

    codes: list[tuple[str, str]] = field(default_factory=list)
    copies: list[tuple[str, str]] = field(default_factory=list)
    is_away: bool = False

    async def send(self, *, contact: str, code: str, language: str, id: str) -> None:  # noqa: A002
        del language, id
        if self.is_away:
            raise NotSentError("away")
        self.codes.append((contact, code))

    async def send_copy(self, *, contact: str, waybill: str, url: str, id: str) -> None:  # noqa: A002
        del waybill, id
        if self.is_away:
            raise NotSentError("away")
        self.copies.append((contact, url))


def document() -> bytes:
    """A receipt as the company's system prints it, with room for what is filled in."""
    return paper(
        [
            Run("货物签收回单", 80, 20, 18),
            Run(f"运单号{WAYBILL}", 20, 40),
            Run("货物", 20, 55),
            Run("照明8", 20, 65),
            Run("纸12", 20, 75),
            Run("备注", 20, 100),
            Run("收货人签章", 20, 130),
        ]
    )


def bearer(**changes: object) -> Party:
    """Whoever receives the goods."""

    def at(left: float, top: float, width: float, height: float) -> Box:
        return Box(page=1, left_mm=left, top_mm=top, width_mm=width, height_mm=height)

    def text(name: str, box: Box, *, required: bool = True) -> PartyField:
        return PartyField(name=name, document=DOCUMENT, kind="text", box=box, required=required)

    party = Party(
        id="receiver",
        kind="bearer",
        turn=1,
        contact_tail=TAIL,
        handwriting="required",
        fields=(
            text("received-1", at(70, 64, 20, 6)),
            text("short-1", at(95, 64, 20, 6)),
            text("damaged-1", at(120, 64, 20, 6)),
            text("received-2", at(70, 74, 20, 6)),
            text("remark", at(45, 99, 130, 12), required=False),
            text("acted-at", at(120, 130, 70, 8)),
            PartyField(
                name="signature", document=DOCUMENT, kind="signature", box=at(55, 120, 60, 25)
            ),
        ),
    )
    return msgspec.structs.replace(party, **changes)


def photo(*, size: tuple[int, int] = (400, 300)) -> bytes:
    """A dented box, with EXIF that tells where and by what it was taken."""
    file = io.BytesIO()
    exif = Image.Exif()
    exif[0x010F] = "Telephone of Mr Secret"
    exif.get_ifd(0x8825)[1] = "N"
    image = Image.new("RGB", size, "#9fb3bf")
    drawn = ImageDraw.Draw(image)
    width, height = size
    drawn.rectangle((width // 5, height // 4, width * 4 // 5, height - 20), fill="#b5855a")
    drawn.rectangle((width * 9 // 20, height // 4, width * 11 // 20, height - 20), fill="#d9c29a")
    corner = (width * 4 // 5, height // 4)
    dent = (corner, (width * 13 // 20, height // 4), (width * 4 // 5, height // 2))
    drawn.polygon(dent, fill="#5d4028")
    image.save(file, "JPEG", exif=exif)
    return file.getvalue()


def receipt(at: datetime, **changes: object) -> Receipt:
    """What the driver says at a moment: one lamp short, one carton damaged."""
    told = Receipt(
        claim=Claim(secret=SECRET, name="王师傅", digits=TAIL),
        opened_at=at - timedelta(seconds=60),
        acted_at=at,
        goods=(
            Received(line=0, received=7, short=1),
            Received(line=1, received=12, damaged=1),
        ),
        remark="外箱一处破损",
        handwriting=DRAWN,
    )
    return msgspec.structs.replace(told, **changes)


@dataclass
class House:
    """The network that runs, what it listens at, and who takes part."""

    network: Network
    clock: HandClock
    telephones: Telephones
    url: str
    http: aiohttp.ClientSession
    key: SigningKey
    press: ChildPress
    room: Room

    @property
    def core(self) -> Core:
        return self.network.core

    async def send(
        self,
        *,
        tail: str = TAIL,
        waybill: str = WAYBILL,
        lines: tuple[tuple[str, int], ...] = LINES,
        **changes: object,
    ) -> str:
        """Send an envelope; its id. `changes` are of the bearer."""
        envelope = str(uuid.uuid4())
        body = document()
        shipper = await self.core.accounts.find_or_add(
            NewPerson(name="发货人", contact=SHIPPER_PHONE)
        )
        terms = Terms(
            envelope=envelope,
            title="签收回单",
            initiator=COMPANY,
            mode="open",
            parties=(
                bearer(contact_tail=tail, **changes),
                Party(
                    id="company",
                    kind="organisation",
                    account=COMPANY,
                    name="物流公司",
                    turn=2,
                    level="none",
                ),
                Party(id="shipper", kind="person", account=shipper.id, name="发货人", copy=True),
            ),
            documents=(
                DocumentTerms(
                    name=DOCUMENT,
                    digest=hashlib.sha256(body).hexdigest(),
                    size=len(body),
                    type="receipt",
                ),
            ),
            expires_at=self.clock.now() + timedelta(days=3),
            delivery=Delivery(
                waybill=waybill,
                shipper="东海照明有限公司",
                carrier="南星物流有限公司",
                consignee="百味鲜餐饮",
                lines=lines,
            ),
        )
        written = msgspec.json.encode(terms)
        await self.core.contents.put(plain(body, envelope=envelope), uploader=COMPANY)
        said = self.statement(envelope, written, Sent(terms=terms_digest(written)), seen=(0, ""))
        await self.core.book.send(NewEnvelope(terms=written, sent=said), organisation=COMPANY)
        return envelope

    async def label(self, envelope: str) -> str:
        """The token of a new label."""
        link = await self.room.links["bearer"].link(envelope, "receiver")
        return link.url.rpartition("/")[2]

    async def state(self, envelope: str) -> EnvelopeState:
        state = await self.core.book.state(envelope)
        assert state is not None
        return state

    async def said(self, envelope: str, kind: type[Act]) -> list[Act]:
        """What was said of this kind, in order."""
        record = await self.core.book.record(envelope)
        statements = [
            msgspec.json.decode(each.signed.statement, type=Statement) for each in record.entries
        ]
        return [each.act for each in statements if isinstance(each.act, kind)]

    async def say(self, envelope: str, act: Act, *, party: str = "") -> None:
        """The company says something."""
        state = await self.state(envelope)
        record = await self.core.book.record(envelope)
        seen = (state.sequence, state.head)
        signed = self.statement(envelope, record.terms, act, seen=seen, party=party)
        await self.core.book.take(signed, organisation=COMPANY, envelope=envelope)

    async def seal(self, envelope: str) -> None:
        """The company's gateway signs, as it does by itself."""
        state = await self.state(envelope)
        base = state.current[DOCUMENT]
        before = (await self.core.book.content(envelope, base)).body
        pressed = await self.press.press(
            before, (), name="物流公司", envelope=envelope, party="company"
        )
        content = plain(pressed.document, envelope=envelope)
        await self.core.contents.put(content, uploader=COMPANY)
        revision = Revision(
            document=DOCUMENT,
            base=base,
            digest=content.head.digest,
            size=content.head.size,
            container=pressed.container,
            field=field_of(envelope, "company"),
        )
        await self.say(envelope, Signed(revisions=(revision,)), party="company")

    def statement(
        self, envelope: str, terms: bytes, act: Act, *, seen: tuple[int, str], party: str = ""
    ) -> SignedStatement:
        said = Statement(
            id=str(uuid.uuid4()),
            envelope=envelope,
            terms=terms_digest(terms),
            author=COMPANY,
            act=act,
            at=self.clock.now(),
            party=party,
            seen=seen[0],
            head=seen[1],
        )
        return sign_statement(said, self.key, card=1)

    def receipt(self, **changes: object) -> Receipt:
        """What the driver says now."""
        return receipt(self.clock.now(), **changes)

    def claim_of(self, **changes: object) -> Claim:
        """The driver's claim."""
        told = Claim(secret=SECRET, name="王师傅", digits=TAIL)
        return msgspec.structs.replace(told, **changes)

    def field(self, name: str) -> PartyField:
        """A text field of the receipt."""
        box = Box(page=1, left_mm=20, top_mm=200, width_mm=20, height_mm=8)
        return PartyField(name=name, document=DOCUMENT, kind="text", box=box)

    async def check(self, token: str, code: str) -> tuple[int, dict[str, object]]:
        """POST the code that was sent: status and answer."""
        body = {"secret": SECRET, "code": code}
        async with self.http.post(f"{self.url}/d/{token}/check", json=body) as answer:
            return answer.status, await answer.json(content_type=None)

    async def release(self, envelope: str, *, organisation: str = COMPANY) -> int:
        """An organisation that was let in asks to release the claim: the status."""
        path = "/v1/envelopes/{envelope}/parties/{party}/release"
        (route,) = (each for each in self.room.routes if each.path == path)
        match = {"envelope": envelope, "party": "receiver"}
        request = make_mocked_request("POST", path, match_info=match)
        request[ORGANISATION] = organisation
        try:
            return (await route.handler(request)).status
        except NetworkProblem as problem:
            return problem.status

    async def claim(self, token: str, **changes: object) -> tuple[int, dict[str, object]]:
        """POST a claim: status and answer."""
        body = msgspec.json.encode(self.claim_of(**changes))
        async with self.http.post(f"{self.url}/d/{token}/claim", data=body) as answer:
            return answer.status, await answer.json(content_type=None)

    async def put(
        self,
        token: str,
        told: Receipt | None = None,
        *,
        id: str | None = None,  # noqa: A002
        photos: tuple[bytes, ...] = (),
    ) -> tuple[int, dict[str, object]]:
        """PUT a receipt as a telephone does: status and answer."""
        form = aiohttp.FormData()
        body = msgspec.json.encode(told or self.receipt())
        form.add_field("receipt", body, content_type="application/json", filename="blob")
        for number, each in enumerate(photos, 1):
            form.add_field(
                "photo", io.BytesIO(each), content_type="image/jpeg", filename=f"photo-{number}"
            )
        address = f"{self.url}/d/{token}/receipts/{id or uuid.uuid4()}"
        async with self.http.put(address, data=form) as answer:
            return answer.status, await answer.json(content_type=None)


@contextlib.asynccontextmanager
async def delivery_house(
    folder: Path, *, clock: HandClock | None = None, port: int = 0
) -> AsyncIterator[House]:
    """A network that listens; `folder` keeps what it keeps, also for the next one."""
    clock = clock or HandClock()
    telephones = Telephones()
    config = _config(folder, clock)
    persons = PersonAuthority(Authority.read(config.keys.persons_ca), config.name)
    press = PressHere(persons, clock)
    rooms: list[Room] = []
    async with contextlib.AsyncExitStack() as stack:
        runner = _Runner(port=port)
        deliveries = Deliveries(press=press, codes=telephones, copies=telephones, url=runner.url)

        def deliver(core: Core) -> Room:
            # What works by itself is asked for by the tests, when they want it.
            rooms.append(deliveries.room(core))
            return Room(routes=rooms[0].routes, links=rooms[0].links)

        network = await stack.enter_async_context(open_network(config, clock, rooms=[deliver]))
        await stack.enter_async_context(runner.listening(network))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        key = await _company(network.core, folder, clock)
        yield House(network, clock, telephones, runner.url, http, key, press, rooms[0])


class _Runner:
    """Listens at a port that is known before anything is there."""

    def __init__(self, *, port: int) -> None:
        import socket  # noqa: PLC0415

        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("127.0.0.1", port))
        self.url = f"http://localhost:{self._socket.getsockname()[1]}"

    @contextlib.asynccontextmanager
    async def listening(self, network: Network) -> AsyncIterator[None]:
        runner = web.AppRunner(network.api.application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        await web.SockSite(runner, self._socket).start()
        try:
            yield
        finally:
            await runner.cleanup()


def _config(folder: Path, clock: HandClock) -> NetworkConfig:
    keys = KeysConfig(
        network=folder / "network.pem", client_ca=folder / "ca.pem", persons_ca=folder / "p.pem"
    )
    _once(keys.network, lambda: SigningKey.generate().pem)
    for ca in (keys.client_ca, keys.persons_ca):
        _once(ca, lambda: Authority.new("CA", network="网", now=clock.now()).pem)
    return NetworkConfig(name="试验网络", state_directory=folder / "state", keys=keys)


async def _company(core: Core, folder: Path, clock: HandClock) -> SigningKey:
    file = folder / "company.pem"
    if file.exists():
        return SigningKey.from_pem(file.read_bytes())
    key = SigningKey.generate()
    file.write_bytes(key.pem)
    until = clock.now() + timedelta(days=365)
    verification = Verification(
        level="organisation", method="register-extract", at=clock.now(), expires_at=until
    )
    organisation = Organisation(id=COMPANY, name="物流公司", verification=verification)
    await core.accounts.add(
        Account(organisation=organisation, signing_key=key.public, certificates=frozenset())
    )
    card = Card(
        organisation=COMPANY,
        name="物流公司",
        signing_key=key.public,
        encryption_key=key.public,
        serial=1,
        issued_at=clock.now(),
        expires_at=until,
    )
    # The network keeps proofs and does not judge them: partners do.
    signed = SignedCard(card=msgspec.json.encode(card), proof=b"not judged here")
    await core.accounts.publish(COMPANY, signed)
    return key


def _once(file: Path, made: Callable[[], bytes]) -> None:
    if not file.exists():
        file.write_bytes(made())
