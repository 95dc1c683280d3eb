"""Two real gateways on one PostgreSQL and one token: to callers and officers they are one."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.client import GatewayRefusedError, Sealed
from gateway.store.engines.postgresql import PostgreSQL
from tests.batch_client import BatchClient
from tests.officers import freeze, new_freeze_id, signed, unfreeze
from tests.postgres_server import Server, postgres
from tests.running_gateway import RECEIPT, RunningGateway, as_nodes, copy_of
from tests.statement_keys import LI, WANG
from tests.trial_officers import TrialOfficers, with_two_officers

__all__ = ["postgres"]

_LOG = "sealgate-demo.example/audit"
_MOST = 20
_WHEN = "      when: doc.pages <= 3 && doc.attributes.amount_cents <= 5000000\n"


class Nodes:
    """Both gateways, and the officers of the one."""

    def __init__(
        self, gateways: list[RunningGateway], officers: TrialOfficers, database: PostgreSQL
    ) -> None:
        self.gateways = gateways
        self.officers = officers
        self.database = database

    async def send(self, node: int, path: str, statements: tuple[str, ...]) -> dict[str, Any]:
        async with self.gateways[node].client_of(self.officers.li) as client:
            return await client.post_json(path, {"statements": list(statements)})

    def sealed(self) -> int:
        """How many receipts, while `audit verify` finds nothing at either node.

        The gateway's own receipts of batches are sealed as well, and are no receipts of goods.
        """
        told = [json.loads(each.run("audit", "verify", "--json").stdout) for each in self.gateways]
        assert [each["findings"] for each in told] == [[], []]
        with psycopg.connect(self.database.url) as connection:
            counted = connection.execute(
                "SELECT count(*) FROM document WHERE state = 'sealed' AND document_type = %s",
                ("logistics-receipt",),
            ).fetchone()
        assert counted is not None
        return int(counted[0])


@pytest.fixture(scope="module")
def nodes(
    trial_template: Path, postgres: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Nodes]:
    directory = tmp_path_factory.mktemp("nodes")
    installations = [copy_of(trial_template, directory / name) for name in ("one", "two")]
    officers = with_two_officers(installations[0], directory)
    rules = installations[0].policies / "receipts.yaml"
    assert _WHEN in rules.read_text()
    limited = f"{_WHEN}      limits: {{perMonth: {_MOST}}}\n"
    rules.write_text(rules.read_text().replace(_WHEN, limited))
    for file in installations[0].policies.rglob("*.yaml"):
        name = file.relative_to(installations[0].policies)
        (installations[1].policies / name).write_text(file.read_text())
    database = postgres.database()
    as_nodes(installations, database.url, directory / "documents")
    gateways = [RunningGateway(each) for each in installations]
    for each in gateways:
        each.start()
    yield Nodes(gateways, officers, database)
    for each in gateways:
        each.stop()


async def test_both_seal_and_each_gives_what_the_other_has_sealed(nodes: Nodes) -> None:
    one, two = nodes.gateways
    sealed = await one.seal(idempotency_key="a")
    again = await two.seal(idempotency_key="a")
    assert (again.content, again.document_id) == (sealed.content, sealed.document_id)
    assert (await two.seal(idempotency_key="b")).document_id != sealed.document_id
    assert nodes.sealed() == 2


async def test_the_same_key_at_both_at_once_gives_one_document(nodes: Nodes) -> None:
    keys = ["c", "d"]
    found = await asyncio.gather(
        *(each.seal(idempotency_key=key) for key in keys for each in nodes.gateways),
        return_exceptions=True,
    )
    given = {each.document_id for each in found if isinstance(each, Sealed)}
    assert len(given) == len(keys)
    for refused in (each for each in found if isinstance(each, GatewayRefusedError)):
        assert refused.problem["type"] == "urn:sealgate:problem:idempotency-key-under-way"
    for key in keys:
        documents = {(await each.seal(idempotency_key=key)).content for each in nodes.gateways}
        assert len(documents) == 1
    assert nodes.sealed() == 4


async def test_a_freeze_at_one_stops_the_other_and_ends_at_either(nodes: Nodes) -> None:
    one, two = nodes.gateways
    claims = freeze("seal", "receipt-east", log=_LOG, freeze_id=new_freeze_id())
    await nodes.send(0, "/v1/freezes", signed(claims, LI))
    with pytest.raises(GatewayRefusedError) as refused:
        await two.seal()
    assert refused.value.problem["type"] == "urn:sealgate:problem:frozen"
    path = f"/v1/freezes/{claims.freeze}/unfreezes"
    for node, officer in ((1, LI), (0, WANG)):
        said = unfreeze(officer, freeze_id=claims.freeze, log=_LOG)
        ended = await nodes.send(node, path, said)
    assert ended["ended"]
    assert (await one.seal(idempotency_key="e")).document_id
    # The other hears of the end with its next look at what is written, within a second.
    async with asyncio.timeout(20):
        while (told := await _told(two, "f")) == "urn:sealgate:problem:frozen":
            await asyncio.sleep(0.05)
    assert told == "sealed"


async def test_a_batch_is_done_by_both_and_each_document_once(nodes: Nodes) -> None:
    one, two = map(BatchClient, nodes.gateways)
    before = nodes.sealed()
    parts = [("document", f"回单-{number}.pdf", RECEIPT) for number in range(8)]
    batch = (await one.submit(*parts)).json["id"]
    # Whichever node is asked, whoever did the work.
    async with asyncio.timeout(60):
        while (told := (await two.get(f"/v1/batches/{batch}")).json)["state"] != "finished":
            await asyncio.sleep(0.05)
    assert told["counts"]["sealed"] == len(parts)
    assert nodes.sealed() == before + len(parts)


async def _told(gateway: RunningGateway, key: str) -> str:
    try:
        await gateway.seal(idempotency_key=key)
    except GatewayRefusedError as refused:
        return str(refused.problem["type"])
    return "sealed"


async def test_a_limit_is_used_up_by_both_together_and_never_passed(nodes: Nodes) -> None:
    asked = [
        each.seal(idempotency_key=f"limit-{number}")
        for number in range(_MOST)
        for each in (nodes.gateways[number % 2],)
    ]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert nodes.sealed() == _MOST
    refused = {each.problem["type"] for each in found if isinstance(each, GatewayRefusedError)}
    assert refused == {"urn:sealgate:problem:limit-reached"}


def test_the_database_is_told_to_be_whole_by_either(nodes: Nodes) -> None:
    for each in nodes.gateways:
        done = each.run("db", "check", "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["rows"]["document"] >= _MOST


def test_the_doctor_knows_both_and_their_versions_and_the_servers_clock(nodes: Nodes) -> None:
    told = json.loads(nodes.gateways[0].run("doctor", "--json").stdout)
    found = {each["part"]: each for each in told["findings"]}
    assert found["versions"]["message"].startswith("2 nodes, all of version")
    assert found["clock skew"]["state"] == "ok"
    with psycopg.connect(nodes.database.url) as connection:
        connection.execute("UPDATE node SET version = '0.0.9' WHERE name = 'seal-2'")
    told = json.loads(nodes.gateways[0].run("doctor", "--json").stdout)
    found = {each["part"]: each for each in told["findings"]}
    assert found["versions"]["state"] == "warning"
    assert "seal-2 runs 0.0.9" in found["versions"]["message"]
