"""The room of returns joined: the outbox, who is told of what, and the deliveries."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gateway.declarations.webhooks import DeclaredWebhook
from gateway.jobs.model import JobKind
from gateway.randomness import chance
from gateway.returns.by_connector import ConnectorReceiver
from gateway.returns.delivering import Delivering
from gateway.returns.interfaces import Receiver
from gateway.returns.model import Target
from gateway.returns.outbox import TARGET, Outbox
from gateway.returns.records import EventReader
from gateway.returns.releasing import ReleasedEvents
from gateway.returns.replaying import Replays
from gateway.returns.stopping import StoppedTarget, Stops
from gateway.returns.targets import TargetBook
from gateway.returns.webhooks.open import open_webhook, target_of
from gateway.returns.webhooks.receiver import WebhookReceiver
from gateway.returns.webhooks.sender import WebhookSender
from gateway.wiring.house import House

if TYPE_CHECKING:
    from gateway.declarations.returns import DeclaredReturn


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldTargets:
    """Who is told, as IT declared it, by name."""

    webhooks: Mapping[str, DeclaredWebhook] = field(default_factory=dict)
    returns: "Mapping[str, DeclaredReturn]" = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """All of it.

    Attributes:
        targets: who is told of what.
        outbox: where events are put.
        releasing: the event of every sealed document.
        events: reads what is kept.
        replays: what is owed once more.
        delivering: brings what is owed, while it is entered.
        moved: targets that were stopped at another URL than they have now.
    """

    targets: TargetBook
    outbox: Outbox
    releasing: ReleasedEvents
    events: EventReader
    replays: Replays
    delivering: Delivering
    moved: tuple[str, ...]

    def standing(self, webhook: str) -> str:
        """Whether a webhook takes what it gets: `taking`, `away` or `stopped`."""
        if webhook in self.targets.stopped:
            return "stopped"
        line = self.delivering.lines.get(TARGET + webhook)
        return "away" if line is not None and line.circuit.is_away else "taking"

    async def go_on(self) -> None:
        """Let those go on that have moved since they were stopped.

        Raises:
            StoreProblem: the database cannot be written.
        """
        for name in self.moved:
            await self.replays.resume(name)


async def open_returns(
    house: House,
    declared: ToldTargets,
    stack: contextlib.AsyncExitStack,
    *,
    paused: Callable[[JobKind], str | None],
) -> Returns:
    """Open the room; nothing is delivered until `delivering` is entered.

    Args:
        house: what it is joined to.
        declared: who is told.
        stack: closes what is opened here.
        paused: says of a kind of jobs why nothing is begun on purpose, if so.

    Raises:
        WebhookKeyError: a key cannot be used.
    """
    clock = house.clock
    events = EventReader(house.readers)
    stack.callback(events.close)
    webhooks = declared.webhooks
    receivers: dict[str, Receiver] = {}
    for name, each in webhooks.items():
        webhook = open_webhook(each)
        sender = await stack.enter_async_context(WebhookSender(webhook, clock=clock))
        receivers[TARGET + name] = WebhookReceiver(
            webhook, sender=sender, events=events, clock=clock
        )
    for name, returning in declared.returns.items():
        receivers[TARGET + name] = await _by_connector(house, returning, events, stack)
    targets = TargetBook(
        (*map(target_of, webhooks.values()), *map(_return_target, declared.returns.values())),
        keep_all=house.config.returns.keep_all_events,
    )
    urls = {name: each.url for name, each in webhooks.items()}
    stops = Stops(targets, urls, clock=clock)
    replays = Replays(
        lane=house.lane,
        queue=house.queue,
        events=events,
        targets=targets,
        stops=stops,
        resumed=lambda subject: delivering.resume(subject),  # noqa: PLW0108 - it is made below
    )
    delivering = Delivering(
        queue=house.queue,
        lane=house.lane,
        receivers=receivers,
        clock=clock,
        chance=chance,
        gone=stops.gone,
        follow=replays.follow,
        paused=lambda: paused("deliver"),
        tell=lambda subject, answer: house.metrics.outside.count_delivery(subject, answer.verdict),
    )
    stopped = await house.lane.write(lambda unit: stops.load(unit.connection))
    for target in stopped:
        delivering.stop(TARGET + target.name)
    outbox = Outbox(targets, house.queue)
    return Returns(
        targets=targets,
        outbox=outbox,
        releasing=ReleasedEvents(outbox, targets, clock=clock),
        events=events,
        replays=replays,
        delivering=delivering,
        moved=_moved(stopped, urls),
    )


async def _by_connector(
    house: House, declared: "DeclaredReturn", events: EventReader, stack: contextlib.AsyncExitStack
) -> ConnectorReceiver:
    from connectors.open import open_connector  # noqa: PLC0415 - for who has connectors only

    connector = open_connector(declared.settings, time=house.clock)
    return ConnectorReceiver(
        await stack.enter_async_context(connector),
        target=declared.name,
        name=declared.connector,
        system=declared.system,
        most_at_once=declared.most_at_once,
        systems=lambda: house.policies.current.bundle.systems,
        events=events,
        documents=house.reader,
        archive=house.archive,
        clock=house.clock,
    )


def _return_target(declared: "DeclaredReturn") -> Target:
    return Target(
        name=declared.name,
        systems=frozenset({declared.system}),
        events=frozenset({"document.sealed"}),
        document_types=declared.document_types,
        only_single=True,
    )


def _moved(stopped: tuple[StoppedTarget, ...], urls: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(each.name for each in stopped if urls.get(each.name, each.url) != each.url)
