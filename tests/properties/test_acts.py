"""Whatever fails, and however often: an act is released with all its seals, or not at all."""

import asyncio
import itertools
import tempfile
from pathlib import Path
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.audit.verification import LogVerifier
from gateway.errors import Problem
from gateway.store.engines.database import open_reader
from hsm.errors import TokenFailedError
from policies.grant import Grant
from policies.model import Caller
from tests.running_gateway import RECEIPT
from tests.signing_house import FakeClock, House, SoftSigner, signing_house

SEALS = ("certifying-east", "company-east", "legal-rep-li")
TMS = Caller(system="tms", company="east")
Fault = tuple[str, Literal["key", "store"]]

faults = st.lists(st.tuples(st.sampled_from(SEALS), st.sampled_from(["key", "store"])), max_size=4)


@settings(max_examples=15)
@given(faults, st.booleans())
def test_nothing_is_released_unless_all_parts_are_sealed(
    failing: list[Fault],
    restarts: bool,  # noqa: FBT001 - drawn
) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(_live_through(Path(directory), failing, restarts=restarts))


async def _live_through(directory: Path, failing: list[Fault], *, restarts: bool) -> None:
    clock = FakeClock()
    signer = SoftSigner(clock)
    tries: list[Fault | None] = [*failing, None]
    while tries:
        async with signing_house(directory, clock=clock, signer=signer) as house:
            while tries:
                await _one_try(house, tries.pop(0))
                if restarts:
                    break
        # Not while it runs: a tree head is in the database a moment before it is published.
        _assert_the_log_is_whole(house)


async def _one_try(house: House, fault: Fault | None) -> None:
    """Ask once; afterwards all of the act can be had, or nothing."""

    def before(grant: Grant) -> None:
        if fault == (grant.seal, "key"):
            raise TokenFailedError("as if the power went here")
        if fault == (grant.seal, "store"):
            house.engine.raw_connection().execute("PRAGMA query_only=ON")

    house.signer.before = before
    try:
        sealed = await house.act(*SEALS)
    except Problem:
        sealed = None
    house.engine.raw_connection().execute("PRAGMA query_only=OFF")

    known = await house.reader.by_key("tms", "k")
    assert known is not None
    parts = await house.archive.parts(known)
    released = [content for row in parts if (content := await _content(house, row.id)) is not None]
    assert len({row.part for row in parts}) == len(parts)
    if sealed is None:
        assert released == []
        return
    assert fault is None or len(released) == len(SEALS)
    assert released[-1] == b"".join(sealed.content)
    assert released[0].startswith(RECEIPT)
    assert all(later.startswith(one) for one, later in itertools.pairwise(released))
    _assert_each_seal_signed_one_digest_in_its_turn(house)


async def _content(house: House, document_id: str) -> bytes | None:
    try:
        return b"".join((await house.archive.sealed(document_id, TMS)).content)
    except Problem:
        return None


def _assert_the_log_is_whole(house: House) -> None:
    published = {"checkpoint": (house.directory / "checkpoint").read_text()}
    with open_reader(house.directory / "test.sqlite").connect() as connection:
        verdict = LogVerifier(connection, key=house.log_key, published=published).verify()
    assert verdict.findings == []


def _assert_each_seal_signed_one_digest_in_its_turn(house: House) -> None:
    signed = list(dict.fromkeys((grant.seal, grant.digest) for grant in house.signer.redeemed))
    assert [seal for seal, _ in signed] == list(SEALS)
    used = [grant.seal for grant in house.signer.redeemed]
    assert used == sorted(used, key=SEALS.index)  # never back to a seal before
