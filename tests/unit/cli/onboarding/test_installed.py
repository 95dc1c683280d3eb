"""What is read of an installation, before the gateway's first start as well."""

import shutil
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from gateway.cli.onboarding.installed import installation_of
from gateway.clock import SystemClock
from tests.seals_of_companies import authority
from tests.signing_house import START
from tests.unit.cli.bridge.test_bridge import bridge_in
from tests.unit.cli.conftest import CommandLine


def test_policies_of_a_directory(sealgate: CommandLine) -> None:
    here = installation_of(sealgate.config, at=START)
    assert set(here.bundle.companies) == {"group", "east", "south"}
    assert set(here.declarations.connectors) == {"folder"}
    assert here.cores > 0
    assert here.free_bytes > 0


def test_a_bundle_that_no_gateway_has_taken_yet(signed: CommandLine) -> None:
    # The trial's officers have signed it just now; an earlier moment would not take it yet.
    here = installation_of(signed.config, at=SystemClock().now())
    assert set(here.bundle.seals) == {"receipt-east", "receipt-south"}


@pytest.mark.parametrize("kind", ["sealgate", "signed"])
def test_where_no_policies_lie_there_are_none(kind: str, request: pytest.FixtureRequest) -> None:
    commands: CommandLine = request.getfixturevalue(kind)
    place = commands.config.policies.place
    shutil.rmtree(place)
    place.mkdir()
    assert installation_of(commands.config, at=START).bundle.systems == {}


def test_only_certificates_count_as_roots_and_each_once(
    sealgate: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "roots"
    folder.mkdir()
    one = authority("one").certificate
    (folder / "one.pem").write_bytes(one.public_bytes(Encoding.PEM))
    (folder / "again.der").write_bytes(one.public_bytes(Encoding.DER))
    (folder / "broken.crt").write_bytes(b"no certificate")
    (folder / "README").write_text("whose these are")
    config = sealgate.config.model_copy(update={"bridge": bridge_in(folder)})
    assert installation_of(config, at=START).partner_roots == 1
    shutil.rmtree(folder)
    assert installation_of(config, at=START).partner_roots == 0
