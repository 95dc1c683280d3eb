"""A system is told of every document that was sealed for it: once it answers, and under one id."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from standardwebhooks import Webhook

from gateway.cli.options import CLIENT_KEY_ID
from gateway.client import GatewayClient
from tests.running_gateway import RunningGateway, copy_of
from tests.webhook_receiver import Received, WebhookServer, webhook_server

WEBHOOK = """\
apiVersion: sealgate/v1
kind: Webhook
metadata: {name: tms-events, description: 运输管理系统}
spec:
  url: URL
  systems: [tms]
  keys: [KEY]
  timeoutSeconds: 60
"""


@asynccontextmanager
async def told_gateway(
    trial_template: Path, directory: Path
) -> AsyncIterator[tuple[RunningGateway, WebhookServer, str]]:
    """A gateway that is not started yet, the system that it tells, and the secret of the two."""
    async with webhook_server() as server:
        gateway = RunningGateway(copy_of(trial_template, directory / "var"))
        key = directory / "webhook.key"
        assert gateway.run_without_config("webhooks", "key", str(key)).returncode == 0
        text = WEBHOOK.replace("URL", server.url).replace("KEY", str(key))
        (gateway.trial.directory / "connectors" / "tms-events.yaml").write_text(text)
        try:
            yield gateway, server, key.read_text().strip()
        finally:
            if gateway.process is not None and gateway.process.poll() is None:
                await asyncio.to_thread(gateway.stop)


async def started(gateway: RunningGateway) -> None:
    await asyncio.to_thread(gateway.start)


async def ran(gateway: RunningGateway, *words: str) -> str:
    done = await asyncio.to_thread(gateway.run, *words)
    assert done.returncode == 0, done.stderr
    return done.stdout


def verified(received: Received, secret: str) -> Any:  # noqa: ANN401 - JSON
    """What the standard library of receivers makes of it; raises where the signature is wrong."""
    return Webhook(secret).verify(received.body, received.headers)


@pytest.mark.timeout(180)
async def test_a_system_is_told_whatever_breaks(trial_template: Path, tmp_path: Path) -> None:
    async with told_gateway(trial_template, tmp_path) as (gateway, server, secret):
        # A try needs no gateway.
        assert "taken: HTTP 204" in await ran(gateway, "webhooks", "test", "tms-events")
        assert verified(server.received.pop(), secret)["type"] == "webhook.test"

        # What was sealed is told, signed.
        await started(gateway)
        sealed = await gateway.seal(business_number="运单-1")
        (first,) = await server.got(1)
        told = verified(first, secret)
        assert told["type"] == "document.sealed"
        assert told["data"]["documentId"] == sealed.document_id
        assert told["data"]["businessNumber"] == "运单-1"

        # Killed before the system has it: it is told after the start, under the id of the event.
        killed = asyncio.Event()

        async def answers_too_late(_request: web.Request) -> web.StreamResponse:
            await killed.wait()
            return web.Response(status=204)

        server.answers = [answers_too_late]
        later = await gateway.seal(business_number="运单-2")
        await server.got(2)
        await asyncio.to_thread(gateway.kill_gateway)
        killed.set()
        await started(gateway)
        tried, again = (await server.got(3))[1:]
        assert again.id == tried.id
        assert verified(again, secret)["data"]["documentId"] == later.document_id

        # What it missed it can fetch, and have brought once more: the same bodies.
        async with gateway.client() as client:
            page = await client.get_json("/v1/events?after=0")
            assert [each["id"] for each in page["events"]] == [first.id, again.id]
            assert page["events"][0] == json.loads(first.body)
            rest = await client.get_json(f"/v1/events?after={page['next']}")
            assert (rest["events"], rest["next"]) == ([], page["next"])
            await _is_delivered(client, again.id)
        came = len(server.received)
        key = f"{CLIENT_KEY_ID}={gateway.trial.client_key}"
        replay = ("webhooks", "replay", "tms-events", "--key", key, "--after", "0")
        assert "2 deliveries are owed" in await ran(gateway, *replay, "--url", gateway.url)
        repeated = (await server.got(came + 2))[came:]
        assert {each.id: each.body for each in repeated} == {
            first.id: first.body,
            again.id: again.body,
        }

        # It wants nothing more (410), which is told; then it does, and gets what it missed.
        server.always = 410
        await gateway.seal(business_number="运单-3")
        await asyncio.to_thread(gateway.wait_for_log, "webhook_gone")
        missed = await gateway.seal(business_number="运单-4")
        listed = await asyncio.to_thread(gateway.run, "webhooks", "list")
        assert (listed.returncode, "stopped: it said HTTP 410" in listed.stdout) == (1, True)
        server.always = 204
        came = len(server.received)
        resume = ("webhooks", "replay", "tms-events", "--key", key, "--url", gateway.url)
        assert "1 deliveries are owed" in await ran(gateway, *resume)
        documents = await _documents(server, came, 1)
        assert missed.document_id in documents


async def _is_delivered(client: GatewayClient, event_id: str) -> None:
    """The answer of a receiver is written down a moment after it was given."""
    async with asyncio.timeout(20):
        while True:
            event = await client.get_json(f"/v1/events/{event_id}")
            if [each["state"] for each in event["deliveries"]] == ["delivered"]:
                return
            await asyncio.sleep(0.02)


async def _documents(server: WebhookServer, since: int, count: int) -> list[str]:
    received = (await server.got(since + count))[since:]
    return [json.loads(each.body)["data"]["documentId"] for each in received]
