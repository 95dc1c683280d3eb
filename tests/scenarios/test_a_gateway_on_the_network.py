"""A gateway with its own token, confined as in production, finds its way onto a real network."""

import asyncio
import contextlib
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from cloud_bridge.cards import check_card
from cloud_bridge.encryption import opened
from cloud_bridge.envelopes.state import EnvelopeState
from cloud_bridge.model import Organisation, Verification
from cloud_bridge.network.accounts.model import Account
from gateway.clock import SystemClock
from gateway.config import load_config
from gateway.store.engines.database import SQLiteFile
from gateway.store.schema import egress
from tests.envelope_parties import sha256
from tests.network_house import Company as Registered
from tests.network_house import NetworkHouse, network_house
from tests.running_gateway import RECEIPT, RunningGateway, copy_of, until
from tests.servers.recording import RecordingProxy

_ORGANISATION = "org-of-ours"
_CANARIES = {"number": "CANARY-NUMBER-77", "attribute": "金丝雀收货单位"}
_POLICY = """
apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: organisation-card}
---
apiVersion: sealgate/v1
kind: SealPolicy
metadata: {name: organisation-cards}
spec:
  seals: [receipt-east]
  documentTypes: [organisation-card]
  permit:
    - id: of-the-bridge
      systems: [tms]
      when: doc.pages == 0
tests:
  - name: a document of that type is not sealed
    request: {system: tms, doc: {pages: 1}}
    expect: denied
"""
_BRIDGE = """
bridge:
  url: {url}
  network_key: {key}
  trusted_roots: {directory}/partners
  companies:
    - company: {company}
      organisation: {organisation}
      name: {name}
      signing_key: {directory}/signing.pem
      encryption_key: {directory}/encryption.pem
      card_seal: receipt-east
      system: tms
      inbound: [{{type: '*', document_type: logistics-receipt, seal: receipt-east}}]
"""


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[NetworkHouse]:
    async with network_house(tmp_path / "network", time=SystemClock()) as made:  # type: ignore[arg-type]  # nobody moves it
        yield made


@dataclass
class OnTheNetwork:
    """A gateway that is about to start, and the network that it will find."""

    running: RunningGateway
    house: NetworkHouse
    place: Path
    name: str
    root: bytes
    key: str = ""

    async def is_here(self) -> None:
        """Wait until everything was compared."""
        running = self.running
        await until(lambda: any(line["event"] == "network_here" for line in running.log()))


@contextlib.asynccontextmanager
async def on_the_network(
    house: NetworkHouse, template: Path, directory: Path, *, url: str
) -> AsyncIterator[OnTheNetwork]:
    """Set a trial gateway up as docs/bridge.md says, and start it."""
    running = RunningGateway(copy_of(template, directory / "var"))
    place = directory / "bridge"
    (place / "partners").mkdir(parents=True)
    (place / "partners" / "partner.der").write_bytes(house.root.der)
    policies = running.trial.policies
    certificates = next(policies.rglob("receipt-east*.pem"))
    seal, root = x509.load_pem_x509_certificates(certificates.read_bytes())[:2]
    name = str(seal.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value)
    text = _BRIDGE.format(
        url=url,
        key=house.network_key,
        directory=place,
        organisation=_ORGANISATION,
        company="east",
        name=name,
    )
    config = running.trial.config_file
    config.write_text(config.read_text() + text)
    (policies / "cards.yaml").write_text(_POLICY)
    made = running.run("bridge", "keys", "--json")
    assert made.returncode == 0, made.stderr
    (told,) = json.loads(made.stdout)
    await register(house, name, told["signingKey"])
    running.start()
    try:
        der = root.public_bytes(Encoding.DER)
        yield OnTheNetwork(running, house, place, name, der, told["signingKey"])
    finally:
        running.stop()


async def test_a_gateway_publishes_its_card_and_says_how_it_stands(
    house: NetworkHouse, trial_template: Path, tmp_path: Path
) -> None:
    async with on_the_network(house, trial_template, tmp_path, url=house.url) as gateway:
        await gateway.is_here()
        assert (gateway.place / "signing.pem").stat().st_mode & 0o777 == 0o600
        card = (await house.core.accounts.organisation(_ORGANISATION)).card
        assert card is not None
        believed = check_card(card, roots=[gateway.root], at=SystemClock().now())
        assert (believed.name, believed.signing_key) == (gateway.name, gateway.key)
        status = gateway.running.run("bridge", "status", "--json")
        assert status.returncode == 0, status.stdout + status.stderr
        (standing,) = json.loads(status.stdout)
        assert (standing["card"], standing["awaySince"]) == (1, None)
        assert standing["left"] > 0


async def test_a_contract_leaves_signed_and_nothing_that_is_secret_leaves_with_it(
    house: NetworkHouse, trial_template: Path, tmp_path: Path
) -> None:
    async with RecordingProxy(int(house.url.rpartition(":")[2])) as proxy:
        way = f"http://127.0.0.1:{proxy.port}"
        async with on_the_network(house, trial_template, tmp_path, url=way) as gateway:
            await gateway.is_here()
            seller = await house.company("Seller Ltd")
            state = await signed_once(house, send_contract(gateway, seller, tmp_path))
        (document,) = state.terms.documents
        (revision,) = state.revisions[document.name]
        content = await seller.content(state.terms.envelope, revision.digest)
        signed = opened(content, organisation=seller.id, key=seller.encryption)
        assert signed.startswith(RECEIPT)
        assert len(signed) > len(RECEIPT)
        # Only now nothing more leaves.
        requests, stream = proxy.requests, proxy.everything
    sent = Counter((sha256(each.body), len(each.body)) for each in requests)
    left = ledger_of(gateway.running)
    assert not sent - left, "something left that is not in the ledger"
    # The ledger is written first, so a question that the stop cut short may stand in it alone.
    assert (left - sent).keys() <= {(sha256(b""), 0)}
    for secret in secrets_of(gateway.running):
        assert secret not in stream, secret
        assert not [each for each in requests for layer in each.layers if secret in layer], secret


@pytest.mark.timeout(300)  # three starts and a backup: two minutes are little on a busy machine
async def test_the_same_description_after_a_restore_is_the_same_envelope(
    house: NetworkHouse, trial_template: Path, tmp_path: Path
) -> None:
    async with on_the_network(house, trial_template, tmp_path, url=house.url) as gateway:
        await gateway.is_here()
        running, backups = gateway.running, tmp_path / "backups"
        made = running.run("backup", "create", "--to", str(backups), "--json")
        assert made.returncode == 0, made.stderr
        seller = await house.company("Seller Ltd")
        id_ = send_contract(gateway, seller, tmp_path)
        await signed_once(house, id_)
        running.kill_gateway()
        (running.trial.directory / "state").rename(tmp_path / "lost")
        restored = running.run("backup", "restore", json.loads(made.stdout)["path"])
        assert restored.returncode == 0, restored.stderr
        running.start()
        await gateway.is_here()
        assert send_again(running, tmp_path) == {"id": id_, "repeated": True}
        assert send_again(running, tmp_path) == {"id": id_, "repeated": True}
        (head,) = (await house.core.book.heads(_ORGANISATION, "")).heads
        assert head.envelope == id_


def send_again(running: RunningGateway, directory: Path) -> dict[str, object]:
    """The same description once more, for as long as the gateway says that it is to be repeated."""
    described = next(directory.glob("*.yaml"))
    sent = running.run("envelope", "send", str(described), "--json", "--url", running.url)
    assert sent.returncode == 0, sent.stdout + sent.stderr
    told = json.loads(sent.stdout)
    return {"id": told["envelope"]["id"], "repeated": told["repeated"]}


async def signed_once(house: NetworkHouse, envelope: str) -> EnvelopeState:
    """Wait until the network has the signature of the gateway's company."""
    async with asyncio.timeout(60):
        while True:
            state = await house.core.book.state(envelope)
            if state is not None and all(state.revisions.values()):
                return state
            await asyncio.sleep(0.05)


def send_contract(gateway: OnTheNetwork, seller: Registered, directory: Path) -> str:
    """By the command line, as a person would; gives the envelope's id."""
    file = directory / "contract.pdf"
    file.write_bytes(RECEIPT)
    create = gateway.running.run_without_config(
        *("envelope", "create", str(file), "--company", "east", "--seal", "receipt-east"),
        *("--type", "logistics-receipt", "--number", _CANARIES["number"]),
        *("--from", f"{_ORGANISATION}={gateway.name}", "--to", f"{seller.id}={seller.name}"),
        *("-a", "amount_cents=128000", "-a", f"consignee={_CANARIES['attribute']}"),
    )
    assert create.returncode == 0, create.stdout + create.stderr
    described = next(directory.glob("*.yaml"))
    running = gateway.running
    sent = running.run("envelope", "send", str(described), "--json", "--url", running.url)
    assert sent.returncode == 0, sent.stdout + sent.stderr
    told: dict[str, dict[str, str]] = json.loads(sent.stdout)
    return told["envelope"]["id"]


def secrets_of(running: RunningGateway) -> Iterator[bytes]:
    """The PIN, labels of keys, our machines' keys, pieces of the document, our own words for it."""
    trial = running.trial
    yield trial.pin_file.read_bytes().strip()
    yield from (each.encode() for each in _CANARIES.values())
    yield from (key.label.encode() for key in load_config(trial.config_file).hsm.keys)
    for file in trial.directory.parent.glob("bridge/*.pem"):
        yield from file.read_bytes().splitlines()[1:-1]
    yield from (RECEIPT[at : at + 64] for at in range(512, len(RECEIPT) - 64, 4096))


def ledger_of(running: RunningGateway) -> "Counter[tuple[str, int]]":
    config = load_config(running.trial.config_file)
    engine = SQLiteFile(str(config.database)).open_reader()
    with engine.connect() as connection:
        rows = connection.execute(select(egress.c.digest, egress.c.size)).all()
    engine.dispose()
    return Counter((row.digest.hex(), row.size) for row in rows)


async def register(house: NetworkHouse, name: str, key: str) -> None:
    now = SystemClock().now()
    verification = Verification(
        level="organisation",
        method="register-extract",
        at=now,
        expires_at=now + timedelta(days=1),
    )
    known = Organisation(id=_ORGANISATION, name=name, verification=verification)
    await house.core.accounts.add(
        Account(organisation=known, signing_key=key, certificates=frozenset())
    )
