"""A gateway with its own token, confined as in production, finds its way onto a real network."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from cloud_bridge.cards import check_card
from cloud_bridge.model import Card, Organisation, SignedCard, Verification
from cloud_bridge.network.model import Account
from gateway.clock import SystemClock
from tests.network_house import NetworkHouse, network_house
from tests.running_gateway import RunningGateway, copy_of, until

_ORGANISATION = "org-east"
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


async def test_a_gateway_publishes_its_card_and_says_how_it_stands(
    house: NetworkHouse, trial_template: Path, tmp_path: Path
) -> None:
    running = RunningGateway(copy_of(trial_template, tmp_path / "var"))
    place = tmp_path / "bridge"
    (place / "partners").mkdir(parents=True)
    policies = running.trial.policies
    certificates = next(policies.rglob("receipt-east*.pem"))
    seal, root = x509.load_pem_x509_certificates(certificates.read_bytes())[:2]
    name = str(seal.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value)
    config = running.trial.config_file
    text = _BRIDGE.format(
        url=house.url,
        key=house.network_key,
        directory=place,
        organisation=_ORGANISATION,
        company="east",
        name=name,
    )
    config.write_text(config.read_text() + text)
    (policies / "cards.yaml").write_text(_POLICY)
    made = running.run("bridge", "keys", "--json")
    assert made.returncode == 0, made.stderr
    (told,) = json.loads(made.stdout)
    assert (place / "signing.pem").stat().st_mode & 0o777 == 0o600
    await register(house, name, told["signingKey"])

    running.start()
    try:
        await until(lambda: any(line["event"] == "network_here" for line in running.log()))
        card = (await house.core.accounts.organisation(_ORGANISATION)).card
        assert isinstance(card, SignedCard)
        der = root.public_bytes(Encoding.DER)
        believed: Card = check_card(card, roots=[der], at=SystemClock().now())
        assert (believed.name, believed.signing_key) == (name, told["signingKey"])
        status = running.run("bridge", "status", "--json")
        assert status.returncode == 0, status.stdout + status.stderr
        (standing,) = json.loads(status.stdout)
        assert (standing["card"], standing["awaySince"]) == (1, None)
        assert standing["left"] > 0
    finally:
        running.stop()


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
