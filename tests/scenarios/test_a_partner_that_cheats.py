"""A partner whose gateway is in the hand of somebody who cheats, over a network that is honest.

What it returns passes the network, which sees ciphertext and digests; our gateway fetches, decrypts
and judges it before its own key is used, and says what was wrong and whose matter that is.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from cloud_bridge.encryption import encrypt
from cloud_bridge.envelopes.statements import Revision, Signed
from gateway.audit.record import read_leaf
from gateway.envelopes.course.sealed_update import container_in
from gateway.envelopes.errors import RevisionProblem
from gateway.errors import Problem
from gateway.store.schema import audit_leaf
from policies.model import OnPage
from tests.document_fixtures import receipt
from tests.envelope_house import EAST, PAPER, WEST, Room, Street, parties, settle, sha256
from tests.partners import Partner, partner, trusted_root, update_of
from tests.served_house import ServedStreet, served_street
from tests.unit.verification.test_revising import extra_page, layer, other_content, script

_NAME = "合同.pdf"
_FREE = OnPage(page=1, left_mm=90, top_mm=20)


@dataclass(frozen=True)
class Meeting:
    """East countersigns what West returns; nobody works at West but the cheat."""

    street: ServedStreet
    east: Room
    west: Room

    async def sent(self) -> str:
        id_ = (await self.east.create(parties=parties(turns=(2, 1)))).envelope.id
        await settle(self.east)
        await self.west.company.bridge.reconcile()
        return id_

    async def give(self, id_: str, document: bytes, **said: Any) -> None:  # noqa: ANN401
        """Encrypt it for all, put it, and state with West's own key that it was signed."""
        bridge = self.west.company.bridge
        state = await bridge.state(id_)
        assert state is not None
        revision: dict[str, Any] = {
            "document": _NAME,
            "base": state.current[_NAME],
            "digest": sha256(document),
            "size": len(document),
            "container": container_in(document),
            "field": "Seal-P1",
        }
        cards = [each.company.bridge.card for each in (self.east, self.west)]
        await bridge.network.put_content(encrypt(document, envelope=id_, cards=cards))
        act = Signed(revisions=(Revision(**(revision | said)),))
        signed = bridge.statement(state, act, id="cheat", party="seller")
        await bridge.network.state(signed)


@pytest.fixture
async def meeting(tmp_path: Path) -> AsyncIterator[Meeting]:
    async with (
        served_street(tmp_path) as street,
        street.room(tmp_path, EAST) as east,
        street.room(tmp_path, WEST) as west,
    ):
        street.trust = (*street.roots, trusted_root().der)
        yield Meeting(street, east, west)


def theirs(name: str = f"{WEST} 有限公司", **more: Any) -> Partner:  # noqa: ANN401
    return partner(name, **more)


def sealed(street: Street, by: Partner, document: bytes = PAPER) -> bytes:
    return by.sealed(document, _FREE, at=street.clock.now())


def another_company(street: Street) -> tuple[bytes, dict[str, Any]]:
    return sealed(street, partner("北岭贸易有限公司")), {}


def an_expired_certificate(street: Street) -> tuple[bytes, dict[str, Any]]:
    until = street.clock.now() - timedelta(days=1)
    return sealed(street, theirs(until=until)), {}


def a_root_of_its_own(street: Street) -> tuple[bytes, dict[str, Any]]:
    return sealed(street, theirs(root="自封的根")), {}


def another_document(street: Street) -> tuple[bytes, dict[str, Any]]:
    other = sealed(street, theirs(), receipt("chromium-a4-301"))
    return other + b" " * len(PAPER), {}


def in_the_update(
    change: Callable[[Any], None],
) -> Callable[[Street], tuple[bytes, dict[str, Any]]]:
    def cheat(street: Street) -> tuple[bytes, dict[str, Any]]:
        # pyHanko signs with the machine's clock.
        street.clock.move(timedelta(days=20))
        writer = update_of(PAPER)
        change(writer)
        return theirs().signed(writer), {"field": "Partner"}

    return cheat


def another_container(street: Street) -> tuple[bytes, dict[str, Any]]:
    by = theirs()
    elsewhere = by.sealed(PAPER, OnPage(page=1, left_mm=20, top_mm=90), at=street.clock.now())
    return sealed(street, by), {"container": container_in(elsewhere)}


def two_signatures(street: Street) -> tuple[bytes, dict[str, Any]]:
    once = sealed(street, partner("北岭贸易有限公司"))
    twice = theirs().sealed(
        once, OnPage(page=1, left_mm=20, top_mm=90), at=street.clock.now(), id="P2"
    )
    return twice, {"field": "Seal-P2"}


def a_changed_byte(street: Street) -> tuple[bytes, dict[str, Any]]:
    document = bytearray(sealed(street, theirs()))
    at = document.rindex(b"/Reason") if b"/Reason" in document[len(PAPER) :] else len(PAPER) + 20
    document[at + 1] ^= 1
    return bytes(document), {}


CHEATS: dict[str, tuple[Callable[[Street], tuple[bytes, dict[str, Any]]], Sequence[str]]] = {
    "another company's signature": (another_company, ["revision-other-company"]),
    "an expired certificate": (an_expired_certificate, ["revision-expired"]),
    "a root of its own": (a_root_of_its_own, ["revision-untrusted"]),
    "another document": (another_document, ["revision-altered"]),
    "a page more": (in_the_update(extra_page), ["revision-page"]),
    "another content on a page": (in_the_update(other_content), ["revision-page"]),
    "content that can be hidden": (in_the_update(layer), ["revision-hides"]),
    "a script": (in_the_update(script), ["revision-content"]),
    "another container than was told": (another_container, ["revision-not-as-told"]),
    "a second signature by somebody else": (two_signatures, ["revision-other-company"]),
    "a byte that was changed afterwards": (
        a_changed_byte,
        ["revision-not-intact", "revision-unreadable", "revision-not-as-told"],
    ),
}


@pytest.mark.parametrize(("cheat", "types"), CHEATS.values(), ids=CHEATS.keys())
async def test_what_a_partner_returns_is_judged_before_our_key_is_used(
    meeting: Meeting,
    cheat: Callable[[Street], tuple[bytes, dict[str, Any]]],
    types: Sequence[str],
) -> None:
    id_ = await meeting.sent()
    document, said = await asyncio.to_thread(cheat, meeting.street)
    with contextlib.suppress(ValueError):
        said = {"container": container_in(document[len(PAPER) :])} | said
    await meeting.give(id_, document, **said)
    with capture_logs() as log:
        await settle(meeting.east)

    told = await meeting.east.show(id_)
    assert (told.status, told.next_step) == ("held", "look-at-it"), told
    ((type_, _words),) = told.trouble
    assert type_ in types, told.trouble
    problems: dict[str, type[Problem]] = {
        each.type: each for each in RevisionProblem.__subclasses__()
    }
    assert problems[type_].owner == "partner"
    assert meeting.east.signed == 0
    assert meeting.east.events.types == ["envelope.held"]
    assert type_ in [each["trouble"] for each in log if each["event"] == "envelope_trouble"]
    assert meeting.east.company.bridge.tally.lies == {}
    with meeting.east.company.house.engine.connect() as connection:
        leaves = [read_leaf(row.leaf) for row in connection.execute(audit_leaf.select())]
    recorded = [each["trouble"] for each in leaves if each["kind"] == "envelope-trouble"]
    assert recorded == [type_]


async def test_what_a_partner_seals_with_its_own_software_is_countersigned(
    meeting: Meeting,
) -> None:
    id_ = await meeting.sent()
    document = sealed(meeting.street, theirs())
    await meeting.give(id_, document, container=container_in(document[len(PAPER) :]))
    await settle(meeting.east)
    told = await meeting.east.show(id_)
    assert (told.status, told.trouble) == ("completed", ())
    assert meeting.east.signed == 1
