"""`sealgate bridge egress`: what left the house, by the ledger; the gateway may run."""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
import typer

from gateway.cli.bridge.options import bridge_of
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.reading import database
from gateway.cli.terminal import out, printable, tell_json
from gateway.store.engines.moments import microseconds, moment
from gateway.store.rows.networks import EgressRow, last_left

_USUAL = 100
_MOST = 100_000
_DIGITS = 16


class ToldRequest(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A request that left.

    Attributes:
        at: when; written before it left.
        organisation: for whom of ours.
        network: to which network, its address.
        kind: the type of `cloud_bridge.wire` that it was, or which question.
        envelope: to which it belonged; empty: to none.
        digest: SHA-256 of the body, hex.
        size: of the body, bytes.
    """

    at: datetime
    organisation: str
    network: str
    kind: str
    envelope: str
    digest: str
    size: int


def egress(
    envelope: Annotated[
        str | None, typer.Option(help="Only what left of this envelope, by its id.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Only from this day on (UTC).")
    ] = None,
    most: Annotated[int, typer.Option(help="How many of the newest.", min=1, max=_MOST)] = _USUAL,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """List what left the house: when, which type, of which envelope, bytes, digest.

    Works while the gateway runs. The newest is told last. Rows are kept for `bridge.egress_days`.
    """
    bridge_of(config)
    begin = None if since is None else microseconds(since.replace(tzinfo=UTC))
    with database(configuration(config)) as connection:
        rows = last_left(connection, envelope=envelope, since=begin, most=most)
    told = [_told(row) for row in reversed(rows)]
    if as_json:
        tell_json(told)
        return
    for each in told:
        out.print(printable(_line(each)), soft_wrap=True)


def _told(row: EgressRow) -> ToldRequest:
    return ToldRequest(
        at=moment(row.at),
        organisation=row.organisation,
        network=row.network,
        kind=row.kind,
        envelope=row.envelope,
        digest=row.digest.hex(),
        size=row.size,
    )


def _line(each: ToldRequest) -> str:
    return (
        f"{each.at:%Y-%m-%d %H:%M:%S.%f}Z  {each.organisation}  {each.kind:<16} "
        f"{each.size:>10,} bytes  {each.digest[:_DIGITS]}…  {each.envelope or '-'}"
    )
