"""`sealgate bridge status`: reads the database; the gateway may run."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import msgspec
import typer
from sqlalchemy import Connection, func, select

from cloud_bridge.envelopes.model import OVER
from gateway.cli.bridge.options import bridge_of
from gateway.cli.bridge.running import gateway_runs
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.reading import database
from gateway.cli.terminal import out, printable, tell_json
from gateway.clock import SystemClock
from gateway.config import BridgeCompanyConfig
from gateway.envelopes.cures import cure_of
from gateway.envelopes.keeping.troubles import LIES, TOLD
from gateway.store.engines.moments import microseconds, moment
from gateway.store.rows.networks import StandingRow, newest_serial, standings
from gateway.store.schema import egress, envelope, envelope_owed

_MOST_TROUBLES = 20
_LIES_OF_ENDED = timedelta(days=30)


class ToldTrouble(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What holds an envelope up."""

    envelope: str
    type: str
    words: str


class ToldBridge(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """How one company stands with the network.

    Attributes:
        company: in the policies.
        organisation: its id on the network.
        gateway_runs: otherwise all of this is what the last one has left.
        as_of: when that one last wrote something of the network; None: it runs, or never asked.
        away_since: None: the network answers, or was never asked.
        why: it is away.
        cursor: up to where the feed was taken in; empty: nothing came yet.
        card: the serial of its card; None: it has none.
        envelopes: how many there are.
        owed: things that are to be sent.
        owed_since: since when the oldest of them is.
        troubles: of envelopes that go on, and for 30 days the network's lies of those that have
            ended without an agreement; twenty at the most.
        reconciled_at: when records were last compared.
        reconciliation: what came of it.
        left: requests that left the house, by the ledger.
    """

    company: str
    organisation: str
    gateway_runs: bool
    as_of: datetime | None
    away_since: datetime | None
    why: str
    cursor: str
    card: int | None
    envelopes: int
    owed: int
    owed_since: datetime | None
    troubles: tuple[ToldTrouble, ...]
    reconciled_at: datetime | None
    reconciliation: dict[str, Any] | None
    left: int

    @property
    def is_well(self) -> bool:
        """Whether nobody has to look at it."""
        return (
            self.gateway_runs
            and self.away_since is None
            and self.reconciled_at is not None
            and not (self.reconciliation or {}).get("failed")
            and all(each.type in TOLD for each in self.troubles)
        )


def status(as_json: JSONOption = False, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Show how each company stands with the network: away, owed, troubles, comparison.

    Works while the gateway runs; of one that does not, it says as of when what it tells is. Exits 1
    when somebody has to look at something.
    """
    companies = bridge_of(config).companies
    with database(configuration(config)) as connection:
        now = SystemClock().now()
        runs = gateway_runs(config, connection, now)
        known = {row.organisation: row for row in standings(connection)}
        told = [
            _told(connection, each, known.get(each.organisation), runs=runs, now=now)
            for each in companies
        ]
    if as_json:
        tell_json(told)
    else:
        for each in told:
            for line in _lines(each):
                out.print(printable(line))
    if not all(each.is_well for each in told):
        raise typer.Exit(1)


def _told(
    connection: Connection,
    company: BridgeCompanyConfig,
    row: StandingRow | None,
    *,
    runs: bool,
    now: datetime,
) -> ToldBridge:
    row = row or StandingRow(organisation=company.organisation)
    owed = connection.execute(
        select(func.count(), func.min(envelope_owed.c.at)).where(
            envelope_owed.c.organisation == row.organisation, envelope_owed.c.sent_at.is_(None)
        )
    ).one()
    return ToldBridge(
        company=company.company,
        organisation=row.organisation,
        gateway_runs=runs,
        as_of=None if runs else _last_news(connection, row),
        away_since=_moment(row.away_since),
        why=row.why,
        cursor=row.cursor,
        card=newest_serial(connection, row.organisation),
        envelopes=_count(connection, envelope, row.organisation),
        owed=owed[0],
        owed_since=_moment(owed[1]),
        troubles=tuple(islice(_troubles(connection, row.organisation, now), _MOST_TROUBLES)),
        reconciled_at=_moment(row.reconciled_at),
        reconciliation=msgspec.json.decode(row.reconciliation) if row.reconciliation else None,
        left=_count(connection, egress, row.organisation),
    )


def _count(connection: Connection, table: Any, organisation: str) -> int:  # noqa: ANN401 - a Table
    query = select(func.count()).where(table.c.organisation == organisation)
    return connection.execute(query).scalar_one()


def _last_news(connection: Connection, row: StandingRow) -> datetime | None:
    """When something of the network was written last: it is asked all the time."""
    asked = select(func.max(egress.c.at)).where(egress.c.organisation == row.organisation)
    written = (connection.execute(asked).scalar(), row.reconciled_at, row.away_since)
    return _moment(max((at for at in written if at is not None), default=None))


def _troubles(connection: Connection, organisation: str, now: datetime) -> Iterator[ToldTrouble]:
    is_ended = envelope.c.status.in_(OVER)
    query = (
        select(envelope.c.id, envelope.c.trouble, is_ended)
        .where(
            envelope.c.organisation == organisation,
            envelope.c.trouble != b"[]",
            ~is_ended | (envelope.c.changed_at > microseconds(now - _LIES_OF_ENDED)),
        )
        .order_by(envelope.c.changed_at.desc())
    )
    for id_, trouble, ended in connection.execute(query):
        for type_, words in msgspec.json.decode(trouble, type=list[tuple[str, str]]):
            if not ended or type_ in LIES:
                yield ToldTrouble(envelope=id_, type=type_, words=words)


def _lines(told: ToldBridge) -> Iterator[str]:
    yield f"{told.company} ({told.organisation}): {_standing(told)}"
    card = "none yet" if told.card is None else f"serial {told.card}"
    yield f"  card {card}; feed up to {told.cursor or 'nothing'}; {told.envelopes:,} envelopes"
    since = "" if told.owed_since is None else f", the oldest since {_text(told.owed_since)}"
    yield f"  {told.owed:,} to be sent{since}; {told.left:,} requests have left the house"
    if told.reconciled_at is not None and told.reconciliation is not None:
        found = told.reconciliation
        yield (
            f"  compared {_text(told.reconciled_at)}: {found['checked']:,} envelopes, "
            f"{found['fetched']:,} entries were missing here, "
            f"{len(found.get('missing', ()))} envelopes are short at the network, "
            f"{len(found.get('contradicting', ()))} contradict"
        )
        if failed := found.get("failed", ()):
            yield f"  ! not compared, and tried again: {', '.join(failed)}"
    for each in told.troubles:
        yield f"  ! {each.envelope}: {each.type}: {each.words}"
        if cure := cure_of(each.type):
            yield f"    {cure}"


def _standing(told: ToldBridge) -> str:
    if told.away_since is None and told.reconciled_at is None:
        if told.gateway_runs:
            return "not all is here yet that the network holds"
        return "not asked yet: does the gateway run?"
    away = None if told.away_since is None else f"{_text(told.away_since)}: {told.why}"
    if told.gateway_runs or told.as_of is None:
        return "the network answers" if away is None else f"away since {away}"
    found = "the network answered" if away is None else f"the network was away since {away}"
    return f"the gateway does not run; as of {_text(told.as_of)} {found}"


def _moment(at: int | None) -> datetime | None:
    return None if at is None else moment(at)


def _text(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%SZ}"
