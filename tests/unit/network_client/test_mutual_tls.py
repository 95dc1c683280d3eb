"""Over TLS both prove who they are, and none of it is optional."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cloud_bridge.client.model import Way
from cloud_bridge.client.open import open_client
from cloud_bridge.errors import NetworkAwayError
from cloud_bridge.interfaces import CloudNetwork
from cloud_bridge.network.authority import Authority
from tests.network_house import Company, NetworkHouse, network_house
from tests.servers.certificates import ServerCertificate, server_certificate
from tests.unit.network_client.test_calling import Ledger


class Place:
    """A network behind TLS, and a company with a certificate of the network's CA."""

    def __init__(
        self, house: NetworkHouse, company: Company, server: ServerCertificate, directory: Path
    ) -> None:
        self.house = house
        self.company = company
        self.directory = directory
        self.way = Way(
            url=house.url,
            network_key=house.network_key,
            ca=server.ca,
            certificate=directory / "client.pem",
            key=directory / "client-key.pem",
        )

    async def certify(self) -> str:
        """Make a client certificate; gives its SHA-256."""
        ca = Authority.read(self.house.directory / "client-ca.pem")
        key = ec.generate_private_key(ec.SECP256R1())
        now = self.house.time.now()
        certificate = ca.client(
            key.public_key(),
            organisation=self.company.id,
            name=self.company.name,
            now=now - timedelta(days=1),
            until=now + timedelta(days=30),
        )
        (self.directory / "client.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.directory / "client-key.pem").write_bytes(pem)
        return sha256(certificate.public_bytes(Encoding.DER)).hexdigest()

    def network(self, way: Way) -> CloudNetwork:
        return open_client(
            self.company.id,
            way,
            key=self.company.signing,
            requests_per_second=100,
            ledger=Ledger(),
            time=self.house.time,
        )


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    server = server_certificate(tmp_path)
    tls = {
        "certificate": server.certificate,
        "key": server.key,
        "client_ca": tmp_path / "network" / "client-ca.pem",
    }
    async with network_house(tmp_path / "network", server={"port": 0, "tls": tls}) as house:
        company = Company(house, "org-east", "东方物流", seal=house.root)
        made = Place(house, company, server, tmp_path)
        await house.register(company, certificates=frozenset({await made.certify()}))
        yield made


async def test_a_gateway_that_shows_its_certificate_is_let_in(place: Place) -> None:
    async with place.network(place.way) as network:
        assert (await network.feed("", wait_seconds=0)).items == ()


async def test_without_a_certificate_or_with_anothers_nothing_is_answered(place: Place) -> None:
    async with place.network(replace(place.way, certificate=None, key=None)) as network:
        with pytest.raises(NetworkAwayError):
            await network.feed("", wait_seconds=0)
    await place.certify()
    async with place.network(place.way) as network:
        with pytest.raises(NetworkAwayError, match="not-authenticated"):
            await network.feed("", wait_seconds=0)


async def test_a_server_that_no_trusted_ca_vouches_for_is_told_nothing(
    place: Place, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    way = replace(place.way, ca=server_certificate(other).ca)
    async with place.network(way) as network:
        with pytest.raises(NetworkAwayError, match="certificate"):
            await network.feed("", wait_seconds=0)


async def test_certificates_that_cannot_be_read_are_told_at_once(place: Place) -> None:
    for way in (
        replace(place.way, ca=place.directory / "missing.pem"),
        replace(place.way, certificate=place.directory / "missing.pem"),
    ):
        with pytest.raises(OSError, match="No such file"):
            await place.network(way).__aenter__()
    (place.directory / "client-key.pem").write_text("nonsense")
    with pytest.raises(ssl.SSLError):
        await place.network(place.way).__aenter__()
