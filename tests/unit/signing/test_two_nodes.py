"""Two gateway nodes on one PostgreSQL: what must be exact is exact across both."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gateway.audit.verification import LogVerdict, LogVerifier
from gateway.freezes.outgoing import Outgoing
from gateway.signing.errors import (
    FrozenProblem,
    IdempotencyKeyReusedProblem,
    KeyUnderWayProblem,
    LimitReachedProblem,
)
from gateway.signing.model import SealedDocument
from gateway.store.engines.postgresql import PostgreSQL
from gateway.store.schema import document
from policies.grant import Grant
from tests.guarded_house import GuardedHouse, guarded_house
from tests.officers import freeze, signed, unfreeze
from tests.postgres_server import Server, postgres
from tests.running_gateway import RECEIPT
from tests.signing_house import FakeClock, House, SoftSigner, request
from tests.statement_keys import LI, WANG, ZHAO

__all__ = ["postgres"]


@dataclass
class SlowSigner(SoftSigner):
    """Does something else before it signs, which may take its time."""

    meanwhile: "asyncio.Future[SealedDocument] | None" = None

    async def sign(self, grant: Grant) -> bytes:
        if self.meanwhile is not None:
            await self.meanwhile
        return await super().sign(grant)


@dataclass
class TwoNodes:
    """Both with the same keys and directory of documents, each with its own memory."""

    one: GuardedHouse
    other: GuardedHouse
    database: PostgreSQL

    @property
    def houses(self) -> tuple[House, House]:
        return self.one.house, self.other.house

    def verdict(self) -> LogVerdict:
        house = self.one.house
        files = [house.directory / f"{node}checkpoint" for node in "ab"]
        published = {str(file): file.read_text() for file in files if file.exists()}
        engine = self.database.open_reader()
        with engine.connect() as connection:
            found = LogVerifier(connection, key=house.log_key, published=published).verify()
        engine.dispose()
        return found

    def rows(self) -> int:
        engine = self.database.open_reader()
        with engine.connect() as connection:
            count: int = connection.execute(select(func.count()).select_from(document)).scalar_one()
        engine.dispose()
        return count


@pytest.fixture
async def nodes(postgres: Server, tmp_path: Path) -> AsyncIterator[TwoNodes]:
    database, clock = postgres.emptied(), FakeClock()
    first, second = SlowSigner(clock), SlowSigner(clock)
    second._keys, second.keys, second.log_key = first._keys, first.keys, first.log_key
    async with AsyncExitStack() as stack:
        made = [
            await stack.enter_async_context(
                guarded_house(tmp_path, clock=clock, signer=signer, database=database, node=node)
            )
            for node, signer in (("a", first), ("b", second))
        ]
        yield TwoNodes(*made, database)


async def test_limits_are_exact_across_nodes(nodes: TwoNodes) -> None:
    asked = [house.seal(f"key-{n}") for n in range(6) for house in (nodes.houses[n % 2],)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert sum(isinstance(each, SealedDocument) for each in results) == 3
    assert sum(isinstance(each, LimitReachedProblem) for each in results) == 3
    for house in nodes.houses:
        await house.audit.checkpoint()
    verdict = nodes.verdict()
    assert verdict.findings == []
    assert (verdict.sealed, verdict.denied) == (3, 3)


async def test_a_freeze_at_one_node_stops_the_other_at_once(nodes: TwoNodes) -> None:
    await nodes.one.freezes.freeze(signed(freeze("seal", "receipt-east"), LI))
    with pytest.raises(FrozenProblem):
        await nodes.other.house.seal()
    await nodes.other.freezes.unfreeze(unfreeze(WANG, ZHAO))
    await nodes.one.house.lane.write(lambda _unit: None)  # as each look for freezes does
    assert (await nodes.one.house.seal()).row.is_sealed


async def test_a_freeze_at_one_node_keeps_back_at_once_what_the_other_has_sealed(
    nodes: TwoNodes,
) -> None:
    house = nodes.other.house
    asking = Outgoing(
        book=nodes.other.freezes.book,
        lane=house.lane,
        documents=house.reader,
        in_force=lambda: house.in_force,
    )
    await house.seal("k")
    assert await asking.against("tms", ["k"]) is None
    await nodes.one.freezes.freeze(signed(freeze("seal", "receipt-east"), LI))
    assert "the seal receipt-east is frozen" in (await asking.against("tms", ["k"]) or "")


async def test_the_same_key_at_both_at_once_is_sealed_once(nodes: TwoNodes) -> None:
    one, other = nodes.houses
    results = await asyncio.gather(
        *(house.seal("same") for house in (one, other)), return_exceptions=True
    )
    given = [each for each in results if isinstance(each, SealedDocument)]
    assert given
    assert {type(each) for each in results} <= {SealedDocument, KeyUnderWayProblem}
    # Whoever was told to come again gets the same bytes, from either node.
    again = [await house.seal("same") for house in (one, other)]
    assert len({b"".join(each.content) for each in (*given, *again)}) == 1
    assert nodes.rows() == 1
    verdict = nodes.verdict()
    assert (verdict.findings, verdict.sealed) == ([], 1)


async def test_a_node_that_was_slower_gives_what_the_other_has_sealed(nodes: TwoNodes) -> None:
    slow, quick = nodes.houses
    assert isinstance(slow.signer, SlowSigner)
    # The other node takes the interrupted key over, and is done before this one has signed.
    slow.signer.meanwhile = task = asyncio.get_running_loop().create_future()

    async def overtake() -> None:
        while nodes.rows() == 0:
            await asyncio.sleep(0)
        task.set_result(await quick.seal("same"))

    given, _ = await asyncio.gather(slow.seal("same"), overtake())
    assert b"".join(given.content) == b"".join(task.result().content)
    await slow.audit.checkpoint()
    verdict = nodes.verdict()
    assert (verdict.findings, verdict.sealed, verdict.failed) == ([], 1, 1)


async def test_the_same_key_for_another_document_is_refused_by_the_other(nodes: TwoNodes) -> None:
    one, other = nodes.houses
    await one.seal("same")
    with pytest.raises(IdempotencyKeyReusedProblem):
        await other.service.seal(request("same"), RECEIPT + b"\n")


async def test_a_document_is_given_by_the_node_that_did_not_seal_it(nodes: TwoNodes) -> None:
    one, other = nodes.houses
    sealed = await one.seal("same")
    given = await other.seal("same")
    assert given.repeated
    assert b"".join(given.content) == b"".join(sealed.content)
