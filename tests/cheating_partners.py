"""A partner whose gateway is in the hand of somebody who cheats: it may sign, and does it wrong."""

from collections.abc import Callable
from datetime import timedelta

from cloud_bridge.encryption import plain
from cloud_bridge.envelopes.statements import (
    Revision,
    Signed,
)
from gateway.envelopes.course.sealed_update import container_in
from policies.model import OnPage
from tests.document_fixtures import receipt
from tests.envelope_house import (
    NAME,
    WEST,
    Room,
    Street,
    Town,
    sha256,
)
from tests.partners import Partner, partner, trusted_root, update_of
from tests.unit.verification.test_revising import extra_page


def cheats(town: Street) -> Partner:
    """The partner's own seal, in its own name: it may sign, and cheats otherwise."""
    town.trust = (*town.roots, trusted_root().der)
    return partner(f"{WEST} 有限公司")


async def state_revision(
    town: Town, west: Room, id_: str, base: bytes, document: bytes, *, field: str = "Seal-P1"
) -> None:
    """As the partner's gateway would, were it in the hand of somebody who cheats."""
    state = await west.company.bridge.state(id_)
    assert state is not None
    revision = Revision(
        document=NAME,
        base=state.current[NAME],
        digest=sha256(document),
        size=len(document),
        container=container_in(document[len(base) :]),
        field=field,
    )
    town.network.contents[id_, revision.digest] = plain(document, envelope=id_)
    signed = west.company.bridge.statement(
        state, Signed(revisions=(revision,)), id="cheat", party="seller"
    )
    await west.company.network_say(signed)


Cheat = Callable[[Street, bytes], tuple[bytes, str]]


def another_company(town: Street, base: bytes) -> tuple[bytes, str]:
    cheats(town)
    other = partner("北岭贸易有限公司")
    return other.sealed(base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now()), "Seal-P1"


def expired(town: Street, base: bytes) -> tuple[bytes, str]:
    cheats(town)
    old = partner(f"{WEST} 有限公司", until=town.clock.now() - timedelta(days=1))
    return old.sealed(base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now()), "Seal-P1"


def untrusted(town: Street, base: bytes) -> tuple[bytes, str]:
    other = partner(f"{WEST} 有限公司", root="自封的根")
    return other.sealed(base, OnPage(page=1, left_mm=90, top_mm=20), at=town.clock.now()), "Seal-P1"


def altered(town: Street, base: bytes) -> tuple[bytes, str]:
    west = cheats(town)
    changed = receipt("chromium-a4-301").ljust(len(base), b" ")
    sealed = west.sealed(receipt("chromium-a4-301"), at=town.clock.now())
    return sealed + b" " * len(changed), "Seal-P1"


def with_a_page(town: Street, base: bytes) -> tuple[bytes, str]:
    west = cheats(town)
    town.clock.move(timedelta(days=20))
    writer = update_of(base)
    extra_page(writer)
    return west.signed(writer), "Partner"
