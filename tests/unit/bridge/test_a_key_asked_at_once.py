"""An idempotency key that comes many times at once is one envelope, and keeps one of each file."""

import asyncio
from pathlib import Path

from sqlalchemy import select

from gateway.envelopes.model import NewFile
from gateway.signing.errors import IdempotencyKeyReusedProblem
from gateway.store.schema import envelope_content
from tests.document_fixtures import receipt
from tests.envelope_house import PAPER, Room, Town, play, settle

_FILES = [NewFile("合同.pdf", PAPER), NewFile("附件.pdf", receipt("chromium-a4-301"))]


def test_twenty_at_once_are_one_envelope_and_keep_its_documents_once(tmp_path: Path) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        taken = await asyncio.gather(*(east.create(files=_FILES) for _ in range(20)))
        (id_,) = {each.envelope.id for each in taken}
        assert [each.repeated for each in taken].count(False) == 1
        assert await _kept(east) == [(id_, "合同.pdf"), (id_, "附件.pdf")]
        await settle(east, west)
        assert list(town.network.envelopes) == [id_]
        assert (east.signed, west.signed) == (2, 2)

    play(tmp_path, scene)


def test_of_two_that_mean_different_things_one_is_taken_and_nothing_kept_of_the_other(
    tmp_path: Path,
) -> None:
    async def scene(town: Town, east: Room, west: Room) -> None:
        one, other = await asyncio.gather(
            east.create(), east.create(title="另一份合同"), return_exceptions=True
        )
        assert not isinstance(one, BaseException)
        assert isinstance(other, IdempotencyKeyReusedProblem)
        assert await _kept(east) == [(one.envelope.id, "合同.pdf")]
        await settle(east, west)
        assert list(town.network.envelopes) == [one.envelope.id]

    play(tmp_path, scene)


async def _kept(room: Room) -> list[tuple[str, str]]:
    """Envelope and name of each document that lies in the house."""
    query = select(envelope_content.c.envelope, envelope_content.c.document)
    rows = await room.company.ground.lane.write(lambda unit: unit.connection.execute(query).all())
    return sorted((row.envelope, row.document) for row in rows)
