"""A network that has no room for days, and forgets what was put there for an envelope to come."""

import contextlib
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cloud_bridge.encryption import plain
from cloud_bridge.model import DocumentTerms
from gateway.envelopes.keeping.troubles import troubles_in
from tests.bridge_house import Authority, contract
from tests.envelope_parties import sha256
from tests.network_house import network_house
from tests.scenarios.test_a_network_that_goes_away import Place, port_of
from tests.signing_house import FakeClock

ONE, TWO, OTHER = (b"%PDF-1.7 " + letter * 100 for letter in (b"1", b"2", b"3"))
_WEEK = timedelta(days=8)


def document(name: str, content: bytes) -> DocumentTerms:
    digest = sha256(content)
    return DocumentTerms(name=name, digest=digest, size=len(content), type="purchase-contract")


@pytest.mark.parametrize(
    ("together", "forgotten"), [(2 * len(ONE), 1), (len(ONE), 2)], ids=["together", "one by one"]
)
async def test_what_waited_for_room_for_longer_than_a_week_goes_out_whole(
    tmp_path: Path, together: int, forgotten: int
) -> None:
    """`forgotten`: what another envelope had put, and, one by one, the first of ours as well."""
    limits = {"organisation_bytes": 2 * len(ONE), "content_bytes": together}
    async with (
        network_house(tmp_path / "network", limits=limits) as house,
        contextlib.AsyncExitStack() as stack,
    ):
        clock = FakeClock(datetime(2026, 11, 27, 6, 0, tzinfo=UTC))
        place = Place(house, clock, Authority(), tmp_path, stack)
        port = port_of(house)
        buyer = await place.company("org-buyer", port=port)
        seller = await place.company("org-seller", port=port)
        assert await seller.listen() == 0
        assert await buyer.listen() == 0
        await buyer.bridge.network.put_content(plain(OTHER, envelope=str(uuid.uuid4())))
        terms = contract(
            1,
            buyer="org-buyer",
            seller="org-seller",
            clock=clock,
            mode="open",
            documents=(document("一.pdf", ONE), document("二.pdf", TWO)),
        )
        await buyer.owe_envelope(terms, ONE, TWO)

        assert not await buyer.bridge.outbox.send(terms.envelope)

        row = await buyer.row(terms.envelope)
        assert [type_ for type_, _ in troubles_in(row)] == ["refused-content-quota"]
        clock.move(_WEEK)
        house.time.move(_WEEK)
        assert await house.core.contents.sweep() == forgotten

        assert await buyer.bridge.outbox.send(terms.envelope)

        row = await buyer.row(terms.envelope)
        assert (row.status, row.sequence, troubles_in(row)) == ("signing", 1, ())
        for content in (ONE, TWO):
            given = await seller.bridge.network.content(terms.envelope, sha256(content))
            assert given.body == content
