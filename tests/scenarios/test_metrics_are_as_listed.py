"""What gateway and network tell Prometheus is what docs/operations/metrics.md says."""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

import gateway.http
from cloud_bridge.network.http.metrics import Metrics as NetworkMetrics
from cloud_bridge.network.http.openapi import problem_types as network_problem_types
from gateway import __version__
from gateway.client import GatewayRefusedError
from gateway.config import load_config
from gateway.http.openapi import problem_types
from gateway.http.operation.metrics import Metrics
from tests import metrics_inventory as listed
from tests.metrics_inventory import exposed_series, exposed_types, labels_in
from tests.network_house import network_house
from tests.running_gateway import RunningGateway, copy_of
from tests.webhook_receiver import webhook_server

_ORGANISATION = "org-of-ours"
_WEBHOOK = """\
apiVersion: sealgate/v1
kind: Webhook
metadata: {{name: tms-events, description: 运输管理系统}}
spec: {{url: {url}, systems: [tms], keys: [{key}]}}
"""
_BRIDGE = """
backups: {{directory: {directory}/backups}}
bridge:
  url: {url}
  network_key: {key}
  trusted_roots: {directory}/partners
  companies:
    - company: east
      organisation: {organisation}
      name: 东方物流
      signing_key: {directory}/signing.pem
      encryption_key: {directory}/encryption.pem
      card_seal: receipt-east
      system: tms
"""


@pytest.fixture
async def told(trial_template: Path, tmp_path: Path) -> AsyncIterator[RunningGateway]:
    """A gateway with all that has metrics: a connector, a webhook, a network, a backup."""
    async with network_house(tmp_path / "network") as house, webhook_server() as server:
        running = RunningGateway(copy_of(trial_template, tmp_path / "var"))
        key = tmp_path / "webhook.key"
        assert running.run_without_config("webhooks", "key", str(key)).returncode == 0
        webhook = _WEBHOOK.format(url=server.url, key=key)
        (running.trial.directory / "connectors" / "tms-events.yaml").write_text(webhook)
        for name in ("partners", "backups"):
            (tmp_path / name).mkdir()
        (tmp_path / "backups" / "sealgate-seal-1-20261127T030000Z.tar").write_bytes(b"")
        bridge = _BRIDGE.format(
            url=house.url, key=house.network_key, organisation=_ORGANISATION, directory=tmp_path
        )
        config = running.trial.config_file
        config.write_text(config.read_text() + bridge)
        assert running.run("bridge", "keys").returncode == 0
        await asyncio.to_thread(running.start)
        await running.seal()
        await server.got(1)
        yield running
        await asyncio.to_thread(running.stop)


async def scraped(http: aiohttp.ClientSession, url: str) -> str:
    async with http.get(f"{url}/metrics") as answer:
        assert answer.status == 200
        return await answer.text()


async def scraped_with(http: aiohttp.ClientSession, url: str, *metrics: str) -> str:
    """What is exposed once there are series of each of these, which are set now and then."""
    deadline = time.monotonic() + 30
    while missing := set(metrics) - {name for name, _ in exposed_series(await scraped(http, url))}:
        assert time.monotonic() < deadline, missing
        await asyncio.sleep(0.1)
    return await scraped(http, url)


def bounds(running: RunningGateway) -> dict[str, set[str]]:
    """What the words of the page stand for, in this installation."""
    files = "\n".join(
        file.read_text()
        for folder in (running.trial.policies, running.trial.connectors)
        for file in folder.rglob("*.yaml")
    )
    named: dict[str, set[str]] = {}
    for kind, name in re.findall(r"kind: (\w+)\nmetadata:\s*\{?\s*name: ([\w-]+)", files):
        named.setdefault(kind, set()).add(name)
    seals, ours = named["Seal"], {_ORGANISATION}
    receivers = named["Webhook"] | named["Connector"]
    return {
        "the version": {__version__},
        "the log's name": {load_config(running.trial.config_file).audit.origin},
        "routes of the API, or none": names_of_routes() | {"none"},
        "types of problems, or ok": {*problem_types(), "ok"},
        "seals of the policies": seals,
        "companies of the policies": named["Company"],
        "grants of the policies": named.get("SealGrant", set()),
        "systems of the policies": named["System"],
        "document types of the policies": named["DocumentType"],
        "seals of the policies, organisations of the bridge, or server": seals | ours | {"server"},
        "webhooks and returns of the connectors' files": receivers
        | {f"target:{name}" for name in receivers},
        "connectors of the connectors' files": named["Connector"],
        "organisations of the bridge": ours,
    }


def names_of_routes() -> set[str]:
    """As the rooms of the API write them down."""
    room = Path(gateway.http.__file__).parent
    written = "\n".join(file.read_text() for file in room.rglob("*.py"))
    return set(re.findall(r'Route\(\s*"[A-Z]+",\s*[^,]+,\s*"([a-z-]+)"', written))


@pytest.mark.timeout(180)
async def test_a_gateway_exposes_what_is_listed_and_nothing_else(told: RunningGateway) -> None:
    wanted = listed.of("gateway")
    async with aiohttp.ClientSession() as http:
        text = await scraped_with(
            http,
            told.url,
            *(
                "sealgate_bridge_up",
                "sealgate_ready",
                "sealgate_job_outcomes",
                "sealgate_feed_works",
            ),
            *("sealgate_certificate_days_left", "sealgate_deliveries_total"),
        )
    assert exposed_types(text) == {name: metric.type for name, metric in wanted.items()}
    may = bounds(told)
    for name, labels in exposed_series(text):
        assert {label for label, _ in labels} == wanted[name].labels, name
        for label, value in labels:
            bound = wanted[name].values[label]
            assert value in (may[bound] if isinstance(bound, str) else bound), (name, label, value)


@pytest.mark.timeout(180)
async def test_what_callers_send_makes_no_series(told: RunningGateway) -> None:
    async with aiohttp.ClientSession() as http:

        async def disturb(word: str) -> None:
            for path in (f"/{word}", f"/v1/documents/{word}", f"/v1/batches/{word}"):
                await (await http.get(told.url + path)).release()
                await (await http.put(told.url + path)).release()
            for changes in ({"seal": word}, {"document_type": word}):
                with pytest.raises(GatewayRefusedError):
                    await told.seal(**changes)
            await told.seal(business_number=word)

        await disturb("first")
        before = exposed_series(await scraped_with(http, told.url, "sealgate_bridge_up"))
        for number in range(5):
            await disturb(f"another-{number}")
        after = exposed_series(await scraped(http, told.url))
    new = {(name, labels) for name, labels in after - before if "usage" in name or "req" in name}
    assert new == set()


async def test_a_network_exposes_what_is_listed_and_nothing_else(tmp_path: Path) -> None:
    wanted = listed.of("network")
    async with network_house(tmp_path) as house:
        buyer = await house.company("买方有限公司")
        seller = await house.company("Seller Ltd")
        await buyer.draft(buyer.party("buyer"), seller.party("seller", turn=2)).send()
        text = await scraped(house.http, house.url)
        routes = {route.name for route in house.served.network.api.routes}
    assert exposed_types(text) == {name: metric.type for name, metric in wanted.items()}
    may = {
        "the version": {__version__},
        "routes of the API, or none": routes | {"none"},
        "types of problems, or ok": {each.type for each in network_problem_types()} | {"ok"},
    }
    seen = exposed_series(text)
    assert ("sealgate_network_entries_total", frozenset({("act", "sent")})) in seen
    for name, labels in seen:
        assert {label for label, _ in labels} == wanted[name].labels, name
        for label, value in labels:
            bound = wanted[name].values[label]
            assert value in (may[bound] if isinstance(bound, str) else bound), (name, label, value)


def test_labels_are_as_listed_also_where_nothing_was_counted() -> None:
    for server, registry in (
        ("gateway", Metrics().registry),
        ("network", NetworkMetrics().registry),
    ):
        wanted = {name: metric.labels for name, metric in listed.of(server).items()}
        assert labels_in(registry) == wanted
