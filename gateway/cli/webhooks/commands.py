"""`sealgate webhooks list`, `test`, `replay` and `key`."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import msgspec
import typer
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from gateway.cli.asking import OwnKey, URLOption, ask_with
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.people_keys import NAMED, ModuleOption, PersonSigner, PinFileOption
from gateway.cli.terminal import fail, out, printable, tell_json, told_errors
from gateway.client import GatewayClient
from gateway.clock import SystemClock
from gateway.declarations.library import load_declarations
from gateway.declarations.webhooks import DeclaredWebhook
from gateway.returns.errors import WebhookKeyError
from gateway.returns.model import Answer
from gateway.returns.webhooks.keys import PrivateKey, new_private_key, new_secret, parse_key
from gateway.returns.webhooks.message import headers_of
from gateway.returns.webhooks.model import Webhook
from gateway.returns.webhooks.open import open_webhook
from gateway.returns.webhooks.sender import WebhookSender
from gateway.signing.ids import new_document_id
from gateway.store.interfaces import Database
from gateway.store.open import database_of
from gateway.store.schema import delivery, stopped_target
from strictyaml import MistakesError

_COUNTS = (
    select(delivery.c.target, delivery.c.state, func.count())
    .where(delivery.c.state.in_(("failing", "given-up")))
    .group_by(delivery.c.target, delivery.c.state)
)


class ToldWebhook(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One webhook of `list --json`.

    `problem` says why it could not sign, `stopped` what it said when it wanted nothing more.
    """

    name: str
    url: str
    systems: tuple[str, ...]
    events: tuple[str, ...]
    failing: int
    given_up: int
    stopped: str | None
    problem: str | None


def list_(as_json: JSONOption = False, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List the webhooks, what each is told of, and what it is owed.

    Works while the gateway runs. Exits 1 when one has stopped or could not sign.
    """
    told = list(_told(config))
    if as_json:
        tell_json(told)
    else:
        for each in told:
            _print(each)
    if any(each.stopped or each.problem for each in told):
        raise typer.Exit(1)


def try_(
    name: Annotated[str, typer.Argument(help="The webhook.")],
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Send a webhook an event of type `webhook.test`, signed as all are.

    No gateway is needed. Exits 0 when it was taken, else 1.
    """
    with told_errors(WebhookKeyError):
        webhook = open_webhook(_named(name, config))
        answer = asyncio.run(_tried(webhook))
    _say(f"{name}: {answer.verdict}: {answer.said}")
    if answer.verdict != "taken":
        raise typer.Exit(1)


def replay(
    name: Annotated[str, typer.Argument(help="The webhook.")],
    key: Annotated[str, typer.Option("--key", help=f"The system's key. {NAMED}")],
    after: Annotated[
        int | None, typer.Option(help="Bring what came after this event's number once more.")
    ] = None,
    before: Annotated[int | None, typer.Option(help="And what came before this one.")] = None,
    url: URLOption = None,
    module: ModuleOption = None,
    pin_file: PinFileOption = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Have a system's events brought once more, under the same ids.

    A webhook that had stopped goes on, with all that it missed; without --after that is all.
    """
    stretch = {"after": after, "before": before}

    async def question(client: GatewayClient, _signer: PersonSigner) -> dict[str, Any]:
        return await client.post_json(f"/v1/webhooks/{name}/replay", stretch)

    answer = ask_with(OwnKey(key, module, pin_file), url, config, question)
    _say(f"{name}: {answer['deliveries']} deliveries are owed")


def key(
    file: Annotated[Path, typer.Argument(help="Where the key goes; it must not be there yet.")],
    ed25519: Annotated[
        bool,
        typer.Option(
            "--ed25519", help="A key whose public half the receiver gets, instead of a secret."
        ),
    ] = False,
) -> None:
    """Make a key that webhooks are signed with, in a file that only you may read.

    The receiver gets what the file holds, or with --ed25519 the line that is printed.
    """
    text = new_private_key() if ed25519 else new_secret()
    with told_errors(OSError):
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(f"{text}\n")
    made = parse_key(text)
    _say(made.public if isinstance(made, PrivateKey) else f"{file}: give the receiver its content")


async def _tried(webhook: Webhook) -> Answer:
    clock = SystemClock()
    now = clock.now()
    event_id = new_document_id(now)
    body = msgspec.json.encode(
        {
            "type": "webhook.test",
            "timestamp": now.isoformat().replace("+00:00", "Z"),
            "id": event_id,
            "sequence": 0,
            "data": {},
        }
    )
    async with WebhookSender(webhook, clock=clock) as sender:
        return await sender.send(body, headers_of(event_id, body, keys=webhook.keys(), at=now))


def _declared(config: Path) -> dict[str, DeclaredWebhook]:
    with told_errors(MistakesError, OSError):
        return dict(load_declarations(configuration(config).connectors).webhooks)


def _named(name: str, config: Path) -> DeclaredWebhook:
    declared = _declared(config)
    if name not in declared:
        known = ", ".join(sorted(declared)) or "none"
        raise fail(f"no Webhook is called {name}. Those that are declared: {known}")
    return declared[name]


def _told(config: Path) -> Iterator[ToldWebhook]:
    declared = _declared(config)
    kept = _kept(database_of(configuration(config)))
    for name, each in sorted(declared.items()):
        yield ToldWebhook(
            name=name,
            url=each.url,
            systems=tuple(sorted(each.systems)),
            events=tuple(sorted(each.events)),
            failing=kept.counts[name, "failing"],
            given_up=kept.counts[name, "given-up"],
            stopped=kept.stopped.get(name),
            problem=_problem(each),
        )


class _Kept(NamedTuple):
    counts: Counter[tuple[str, str]]
    stopped: dict[str, str]


def _kept(database: Database) -> _Kept:
    """How many deliveries are not made, and who is stopped and why."""
    counts: Counter[tuple[str, str]] = Counter()
    with told_errors(SQLAlchemyError, OSError):
        if not database.exists():
            return _Kept(counts, {})
        with database.open_reader().connect() as connection:
            for target, state, count in connection.execute(_COUNTS):
                counts[target, state] = count
            rows = connection.execute(select(stopped_target.c.name, stopped_target.c.reason)).all()
    return _Kept(counts, {row.name: row.reason for row in rows})


def _problem(declared: DeclaredWebhook) -> str | None:
    try:
        open_webhook(declared)
    except WebhookKeyError as error:
        return str(error)
    return None


def _print(each: ToldWebhook) -> None:
    _say(f"{each.name}  {each.url}")
    _say(f"  told of {', '.join(each.events)} of {', '.join(each.systems)}")
    _say(f"  {each.failing} failing, {each.given_up} given up")
    if each.stopped is not None:
        _say(f"  stopped: it said {each.stopped}. `sealgate webhooks replay {each.name}` goes on")
    if each.problem is not None:
        _say(f"  cannot sign: {each.problem}")


def _say(line: str) -> None:
    out.print(printable(line), markup=False, soft_wrap=True)
