"""`sealgate connectors test`: can the place be used, and what would become of what is there?"""

import asyncio
from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer

from connectors.errors import ConnectorError
from connectors.interfaces import Connector
from connectors.model import Fetched
from connectors.open import open_connector
from gateway.batches.model import NewItem, ReadItem
from gateway.cli.connectors.commands import declarations
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption
from gateway.cli.policy.where import policies_in
from gateway.cli.terminal import fail, out, printable, tell_json, told_errors
from gateway.clock import SystemClock
from gateway.declarations.agreement import disagreement
from gateway.declarations.library import DeclaredConnector
from gateway.desk.policy_files import NothingToReadError, PolicyFiles
from gateway.feeds.manifests import batches_of, read_items
from gateway.feeds.mapping import Mapper
from gateway.seals.errors import SealMaterialError
from policies.bundle import Bundle
from policies.model import AttributeValue
from strictyaml import MistakesError

_PAUSE_SECONDS = 0.2


class ToldItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What would be asked for one document; `problem` says why nothing can be."""

    name: str
    business_number: str
    document_type: str = ""
    seal: str = ""
    attributes: dict[str, AttributeValue] = {}
    bytes: int = 0
    problem: str | None = None


class ToldTrial(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `connectors test --json` prints."""

    name: str
    ok: bool
    refused: str | None
    items: tuple[ToldItem, ...]


def try_connector(
    name: Annotated[str, typer.Argument(help="The connector's name.")],
    seconds: Annotated[
        float, typer.Option(min=0, max=60, help="For how long to wait for something to come.")
    ] = 5.0,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Try a connector: reach its place, and show what would be asked for what is there.

    Nothing is sealed and nothing acknowledged, so all of it comes again: files that were looked at
    lie in `taken` until then. Where the mapping looks into the text of documents, only the gateway
    can tell what becomes of them. Exits 0, or 1 when something does not fit or the officers have
    not agreed, or 2 when the place cannot be reached.
    """
    declared = declarations(config).connectors.get(name)
    if declared is None:
        raise fail(f"no connector is called {name}; `sealgate connectors list` names them")
    with told_errors(NothingToReadError, SealMaterialError, MistakesError):
        bundle = PolicyFiles.read(policies_in(None, config)).bundle
    with told_errors(ConnectorError, OSError):
        fetched = asyncio.run(_try(declared, seconds))
    told = ToldTrial(
        name=name,
        ok=True,
        refused=disagreement(declared.name, speaks_for=declared.system, systems=bundle.systems),
        items=tuple(map(_told, _items(declared, fetched, bundle))),
    )
    if as_json:
        tell_json(told)
    else:
        _print(told)
    if told.refused is not None or any(each.problem for each in told.items):
        raise typer.Exit(1)


async def _try(declared: DeclaredConnector, seconds: float) -> tuple[Fetched, ...]:
    clock = SystemClock()
    async with open_connector(declared.settings, time=clock) as connector:
        await connector.prove()
        if declared.mapping is None or not connector.fetches:
            return ()
        return await _fetched(connector, declared, until=clock.monotonic() + seconds, clock=clock)


async def _fetched(
    connector: Connector, declared: DeclaredConnector, *, until: float, clock: SystemClock
) -> tuple[Fetched, ...]:
    while True:
        page = await connector.fetch(None, most=declared.most)
        if page.items or clock.monotonic() >= until:
            return page.items
        await asyncio.sleep(_PAUSE_SECONDS)


def _items(
    declared: DeclaredConnector, fetched: tuple[Fetched, ...], bundle: Bundle
) -> Iterator[ReadItem]:
    if declared.mapping is None:
        return
    types = bundle.document_types
    mapper = Mapper(declared.mapping, lambda name: types[name].attributes if name in types else {})
    for manifest, documents in batches_of(fetched, declared.mapping):
        yield from read_items(mapper, manifest, documents, {})


def _told(item: ReadItem) -> ToldItem:
    if isinstance(item, NewItem):
        asked = item.request
        return ToldItem(
            name=asked.name,
            business_number=asked.business_number,
            document_type=asked.document_type,
            seal=asked.seal,
            attributes=dict(asked.attributes),
            bytes=len(item.document),
        )
    problem = item.problem
    return ToldItem(
        name=item.name,
        business_number=item.business_number,
        problem=f"{problem.type}: {problem.detail}. {problem.cure}",
    )


def _print(told: ToldTrial) -> None:
    _say(f"{told.name} can be reached")
    if told.refused is not None:
        _say(f"refused: {told.refused}")
    for each in told.items:
        if each.problem is not None:
            _say(f"{each.name}: {each.problem}")
            continue
        attributes = ", ".join(f"{name}={value}" for name, value in each.attributes.items())
        _say(
            f"{each.name} ({each.bytes:,} bytes): {each.business_number}, {each.document_type}, "
            f"seal {each.seal}, {attributes or 'no attributes'}"
        )
    if not told.items:
        _say("nothing is there that could be taken now")


def _say(line: str) -> None:
    out.print(printable(line), markup=False, soft_wrap=True)
