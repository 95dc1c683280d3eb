"""Whoever writes to the database and the copies brings no bundle of their own into force."""

from datetime import timedelta
from pathlib import Path

from gateway.bundles.lineage import ActivatedRow
from gateway.bundles.reading import peek, read
from gateway.seals.last_good import last_good
from gateway.store.rows.activations import Activation, keep_activation
from tests.bundle_house import FIRST, GROUP, SECOND, BundleHouse, bundle_house, prepare, put
from tests.sealed_bundles import AT, Group, key, person

STRANGERS = Group(officers=(person("mallory"), person("mo")), files=GROUP.files)
MALLORY, MO = key("mallory"), key("mo")


async def forge(house: BundleHouse, data: bytes) -> None:
    """A row and a copy, as the gateway itself would write them."""
    sealed = read(data)
    house.copies.keep(data, sealed.manifest)
    kept = Activation(
        sequence=sealed.manifest.sequence,
        digest=sealed.manifest.content,
        manifest=sealed.statement,
        at=AT,
        audit_index=0,
    )
    await house.policies._lane.write(lambda unit: keep_activation(unit, kept))


async def test_a_bundle_of_strangers_that_is_on_record_does_not_come_into_force(
    tmp_path: Path,
) -> None:
    prepare(tmp_path)
    put(tmp_path, FIRST)
    async with bundle_house(tmp_path) as house:
        forged = STRANGERS.sign(STRANGERS.built(after=peek(FIRST)), MALLORY, MO)
        await forge(house, forged)
        await forge(house, STRANGERS.sign(STRANGERS.built(after=peek(forged)), MALLORY, MO))
    async with bundle_house(tmp_path, at=AT + timedelta(days=1)) as house:
        assert house.sequence == 1
        told = house.records("refused")
        assert [each["sequence"] for each in told] == [2, 3]
        assert "have not signed it" in told[0]["why"]


async def test_nor_as_the_first_one(tmp_path: Path) -> None:
    prepare(tmp_path)
    async with bundle_house(tmp_path) as house:
        await forge(house, STRANGERS.sign(STRANGERS.built(), MALLORY, MO))
    async with bundle_house(tmp_path) as house:
        assert house.sequence is None


async def test_officers_who_followed_the_first_ones_are_traced(tmp_path: Path) -> None:
    prepare(tmp_path)
    put(tmp_path, FIRST)
    later = Group(
        officers=(person("li", key("li"), key("li", 2)), person("wang"), person("mo")),
        files=GROUP.files,
    )
    second = later.published(after=peek(FIRST))
    put(tmp_path, second)
    third = later.sign(later.built(after=peek(second)), key("wang"), MO)
    put(tmp_path, third)
    async with bundle_house(tmp_path) as house:
        assert house.sequence == 3
    async with bundle_house(tmp_path) as house:
        assert (house.sequence, house.records("refused")) == (3, [])
        kept = house.copies.path_of(peek(second))
    kept.write_bytes(second[:-1])
    async with bundle_house(tmp_path) as house:
        # Who may have signed the third was not known any more; the bundle files lie there still.
        assert [each["sequence"] for each in house.records("refused")] == [3, 2]
        assert house.sequence == 3


async def test_without_the_first_officers_file_the_oldest_is_believed(tmp_path: Path) -> None:
    prepare(tmp_path)
    put(tmp_path, FIRST)
    put(tmp_path, SECOND)
    async with bundle_house(tmp_path) as house:
        copies = house.copies
    rows = (ActivatedRow(2, read(SECOND).statement), ActivatedRow(1, read(FIRST).statement))
    found = last_good(rows, copies=copies, root=tmp_path / "gone")
    assert found.standing is not None
    assert found.standing.manifest == peek(SECOND)
