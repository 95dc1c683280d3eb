"""The way to the cloud account network: its files, whom we trust, and how we stand with it."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, func, select
from sqlalchemy.exc import OperationalError

from cloud_bridge.cards import as_believed
from cloud_bridge.model import Card, SignedCard
from cloud_bridge.plain_json import decode
from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.config import BridgeCompanyConfig, BridgeConfig, Config
from gateway.envelopes.partners.roots import certificates_in
from gateway.store.engines.moments import moment
from gateway.store.open import database_of
from gateway.store.rows.networks import card_of, newest_serial, standings
from gateway.store.schema import envelope

_REFUSED = re.compile(r"\((401|403)\)")
_UNKNOWN = (
    "It does not take our signature: look whether this machine's clock is right, then have the "
    "network's operator compare the key of the card (sealgate bridge status); what is owed waits."
)
_AWAY = "Look at firewall, proxy and certificates (docs/bridge.md); what is owed waits."
_SOON = timedelta(days=25)
"""A card is renewed a month before its end: later than that, something keeps it from it."""
_ENDINGS = frozenset({".pem", ".crt", ".cer", ".der"})
_signed = msgspec.json.Decoder(SignedCard)


def check_bridge_files(config: Config) -> Iterator[Finding]:
    """What the operator and partners gave: certificates, the CA for persons, trusted roots."""
    bridge = config.bridge
    if bridge is None:
        return
    missing = tuple(bridge.missing)
    for each in missing:
        yield failed("bridge files", each, cure="Copy it there, then start the gateway anew.")
    if not missing:
        yield ok("bridge files", "all that config.yaml names are there")
    roots: set[bytes] = set()
    yield from _trusted(bridge, roots)
    yield from _persons(bridge, roots)


def _trusted(bridge: BridgeConfig, roots: set[bytes]) -> Iterator[Finding]:
    part, folder = "trusted_roots", bridge.trusted_roots
    for file in sorted(folder.iterdir()) if folder.is_dir() else ():
        if file.suffix.lower() in _ENDINGS:
            try:
                roots.update(certificates_in(file.read_bytes()))
            except (OSError, ValueError) as error:
                told = f"{file} is trusted for nothing: {error}"
                yield failed(part, told, cure="Put a certificate there, PEM or DER, or remove it.")
    if roots:
        yield ok(part, f"{len(roots)} CAs in {folder} may say who a partner is")
    else:
        told = f"{folder} has no certificate, so no partner is believed"
        yield warning(part, told, cure="Put the CAs of your partners' seals there.")


def _persons(bridge: BridgeConfig, roots: set[bytes]) -> Iterator[Finding]:
    part, file = "persons_root", bridge.persons_root
    if file is None:
        yield warning(
            part,
            "none is named, so every envelope that a person signs is held",
            cure="Name persons-root.pem of the network's operator as bridge.persons_root.",
        )
        return
    try:
        persons = set(certificates_in(file.read_bytes()))
    except (OSError, ValueError) as error:
        cure = "Take persons-root.pem from the network's operator (docs/bridge.md, step 2)."
        yield failed(part, f"{file} cannot be used: {error}", cure=cure)
        return
    if persons & roots:
        yield failed(
            part,
            "the network's CA for persons lies in trusted_roots as well: the network could say who "
            "a partner is",
            cure=f"Remove it from {bridge.trusted_roots}.",
        )
    else:
        yield ok(part, f"{file}, for persons alone")


def check_bridge(config: Config, now: datetime) -> Iterator[Finding]:
    """Of each company: whether the network answered, its card, and envelopes that are held."""
    bridge = config.bridge
    if bridge is None:
        return
    database = database_of(config)
    engine = database.open_reader()
    try:
        if not database.exists():
            yield warning("bridge", "nobody was asked yet", cure="sealgate serve")
            return
        with engine.connect() as connection:
            found = [
                line for company in bridge.companies for line in _standing(connection, company, now)
            ]
    except OperationalError as error:
        cure = "Start the gateway, which brings an older database up to date."
        yield warning("bridge", f"its tables cannot be read: {error.orig}", cure=cure)
        return
    finally:
        engine.dispose()
    yield from found


def _standing(
    connection: Connection, company: BridgeCompanyConfig, now: datetime
) -> Iterator[Finding]:
    part = f"bridge {company.company}"
    row = {each.organisation: each for each in standings(connection)}.get(company.organisation)
    if row is not None and row.away_since is not None:
        told = f"the network is away since {moment(row.away_since):%Y-%m-%d %H:%M:%SZ}: {row.why}"
        yield failed(part, told, cure=_UNKNOWN if _REFUSED.search(row.why) else _AWAY)
    elif row is None or row.reconciled_at is None:
        yield warning(part, "the network was not asked yet", cure="sealgate serve")
    else:
        told = f"compared with the network {moment(row.reconciled_at):%Y-%m-%d %H:%M:%SZ}"
        yield ok(part, told)
    yield _card(connection, company, now)
    yield _held(connection, company)


def _card(connection: Connection, company: BridgeCompanyConfig, now: datetime) -> Finding:
    part = f"card {company.company}"
    serial = newest_serial(connection, company.organisation)
    kept = None if serial is None else card_of(connection, company.organisation, serial)
    cure = (
        "See the gateway's log; a policy must let card_seal sign the document type "
        "organisation-card (docs/bridge.md, step 3)."
    )
    if kept is None:
        return warning(part, "there is none yet: partners cannot be written to", cure=cure)
    signed = _signed.decode(kept)
    until = as_believed(signed).expires_at
    told = f"serial {serial}, until {until:%Y-%m-%d}"
    if until < decode(signed.card, Card).expires_at:
        told = f"{told}, as it ends with the certificate of its seal"
        cure = "Renew that certificate (docs/operations/keys.md); the next card is made by itself."
    if now > until:
        return failed(part, f"{told}: it has expired", cure=cure)
    if now > until - _SOON:
        return warning(part, f"{told}, and was not renewed", cure=cure)
    return ok(part, told)


def _held(connection: Connection, company: BridgeCompanyConfig) -> Finding:
    part = f"envelopes {company.company}"
    of_it = envelope.c.organisation == company.organisation
    held = select(envelope.c.id).where(of_it, envelope.c.status == "held")
    ids = list(connection.execute(held.order_by(envelope.c.changed_at.desc())).scalars())
    if ids:
        told = f"{len(ids)} are held, and nothing more is signed in them: {', '.join(ids[:3])}"
        cure = f"sealgate envelope show {ids[0]} says why (docs/envelopes.md)."
        return failed(part, told, cure=cure)
    every = connection.execute(select(func.count()).select_from(envelope).where(of_it))
    return ok(part, f"{every.scalar_one():,}, none is held")
