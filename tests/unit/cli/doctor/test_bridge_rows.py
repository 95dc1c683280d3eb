"""What the doctor says of the way to other companies: before the first contract is held."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from cloud_bridge.cards import card_bytes
from cloud_bridge.model import SignedCard
from gateway.cli.doctor import bridge as bridge_rows
from gateway.cli.doctor.bridge import check_bridge, check_bridge_files
from gateway.cli.doctor.model import Finding
from gateway.config import BridgeConfig, Config
from gateway.store.engines.database import SQLiteFile
from gateway.store.engines.moments import microseconds
from gateway.store.rows.envelopes import put_envelope
from gateway.store.rows.networks import change_standing, put_card
from tests.contracts.test_envelope_rows import envelope
from tests.envelope_parties import Company
from tests.fresh_databases import put_gateway_database
from tests.seals_of_companies import authority, certify, sign_card
from tests.signing_house import START
from tests.unit.cli.bridge.test_bridge import bridge_in, write


class Told(msgspec.Struct, frozen=True):
    """Of config.yaml what these rows look at."""

    bridge: BridgeConfig | None


def rows(check: Iterator[Finding]) -> dict[str, Finding]:
    return {each.part: each for each in check}


def told(directory: Path, **changes: Path) -> Config:
    said = bridge_in(directory).model_copy(update=dict(changes))
    return Told(said)  # type: ignore[return-value]  # a whole installation says no more of it


def pem(file: Path, name: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(authority(name).certificate.public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def standing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, Finding]]:
    put_gateway_database(tmp_path / "test.sqlite")
    database = SQLiteFile(str(tmp_path / "test.sqlite"))
    monkeypatch.setattr(bridge_rows, "database_of", lambda _config: database)
    return lambda: rows(check_bridge(told(tmp_path), START))


def test_without_a_bridge_nothing_is_said_of_it() -> None:
    nothing: Config = Told(None)  # type: ignore[assignment]
    assert [*check_bridge_files(nothing), *check_bridge(nothing, START)] == []


def test_files_that_the_operator_gives_are_named_where_they_are_missing(tmp_path: Path) -> None:
    found = rows(check_bridge_files(told(tmp_path, ca=tmp_path / "network-ca.pem")))
    assert found["bridge files"].state == "failed"
    assert found["bridge files"].message.startswith(
        f"bridge.ca: {tmp_path / 'network-ca.pem'} is not there: take it from the network's"
    )


def test_nobody_that_may_say_who_a_partner_or_a_person_is_is_warned_of(tmp_path: Path) -> None:
    found = rows(check_bridge_files(told(tmp_path, trusted_roots=tmp_path / "none")))
    assert (found["trusted_roots"].state, found["persons_root"].state) == ("warning", "warning")


def test_the_ca_for_persons_is_found_where_it_would_vouch_for_companies(tmp_path: Path) -> None:
    persons, partners = pem(tmp_path / "persons-root.pem", "Persons"), tmp_path / "partners"
    pem(partners / "partner.pem", "Partner")
    config = told(tmp_path, trusted_roots=partners, persons_root=persons)
    found = rows(check_bridge_files(config))
    assert (found["trusted_roots"].state, found["persons_root"].state) == ("ok", "ok")
    (partners / "persons.pem").write_bytes(persons.read_bytes())
    found = rows(check_bridge_files(config))
    assert found["persons_root"].state == "failed"
    assert "the network could say who a partner is" in found["persons_root"].message


def test_a_bridge_that_never_ran_and_has_no_card_is_warned_of(
    standing: Callable[[], dict[str, Finding]],
) -> None:
    found = standing()
    assert (found["bridge east"].state, found["card east"].state) == ("warning", "warning")
    assert found["envelopes east"].state == "ok"


def test_a_bridge_that_is_well_says_until_when_its_card_counts(
    standing: Callable[[], dict[str, Finding]], tmp_path: Path
) -> None:
    card = msgspec.structs.replace(
        Company("org-east", "东方物流").card, expires_at=START + timedelta(days=300)
    )
    kept = msgspec.json.encode(SignedCard(card=card_bytes(card), proof=b"-"))
    at = microseconds(START)
    write(
        tmp_path,
        lambda unit: change_standing(unit, "org-east", reconciled_at=at),
        lambda unit: put_card(unit, "org-east", 1, kept, at=START),
        lambda unit: put_envelope(unit, envelope(1, organisation="org-east", status="completed")),
    )
    found = standing()
    assert {each.state for each in found.values()} == {"ok"}
    assert f"until {card.expires_at:%Y-%m-%d}" in found["card east"].message
    assert found["envelopes east"].message == "1, none is held"


@pytest.mark.parametrize(("days", "state"), [(-1, "failed"), (20, "warning"), (40, "ok")])
def test_a_card_that_ends_with_the_certificate_of_its_seal_is_told_so(
    standing: Callable[[], dict[str, Finding]], tmp_path: Path, days: int, state: str
) -> None:
    until = START + timedelta(days=days)
    card = msgspec.structs.replace(
        Company("org-east", "东方物流").card, expires_at=START + timedelta(days=300)
    )
    seal = certify("合同专用章", by=authority("CA"), organisation=card.name, until=until)
    kept = msgspec.json.encode(sign_card(card, seal))
    write(tmp_path, lambda unit: put_card(unit, "org-east", 1, kept, at=START))
    found = standing()["card east"]
    assert (found.state, f"until {until:%Y-%m-%d}" in found.message) == (state, True)
    assert "as it ends with the certificate of its seal" in found.message
    if state != "ok":
        assert "certificate" in found.cure


def test_an_outage_and_a_held_envelope_are_failures(
    standing: Callable[[], dict[str, Finding]], tmp_path: Path
) -> None:
    since, row = microseconds(START), envelope(1, organisation="org-east", status="held")
    write(
        tmp_path,
        lambda unit: change_standing(unit, "org-east", away_since=since, why="refused"),
        lambda unit: put_envelope(unit, row),
    )
    found = standing()
    assert (found["bridge east"].state, found["envelopes east"].state) == ("failed", "failed")
    assert row.id in found["envelopes east"].message
    assert json.dumps(found["envelopes east"].cure).count(row.id) == 1


def test_a_network_that_does_not_take_our_signature_is_told_from_one_that_is_away(
    tmp_path: Path, standing: Callable[[], dict[str, Finding]]
) -> None:
    for why, cure in (
        ("the network says signature-invalid (401): unknown key", "compare the key"),
        ("https://network.example answers 502, and not as the network does", "firewall"),
    ):
        away = {"away_since": microseconds(START), "why": why}
        write(tmp_path, lambda unit, away=away: change_standing(unit, "org-east", **away))  # type: ignore[misc]
        found = standing()["bridge east"]
        assert (found.state, found.owner) == ("failed", "it")
        assert cure in (found.cure or "")
