"""`kill -9` at every step: afterwards the old bundle or the new one decides, and is on record."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.bundles.reading import peek
from tests.bundle_house import FIRST, GROUP, SECOND, BundleHouse, bundle_house, prepare, put
from tests.unit.bundles.activating_program import STEPS

ROOT = Path(__file__).parents[3]
RECORDED = ("recorded", "in force")


async def killed_at(step: str, directory: Path) -> None:
    """The first bundle is in force, and the second was coming when somebody pulled the plug."""
    prepare(directory)
    put(directory, FIRST)
    async with bundle_house(directory) as house:
        assert house.sequence == 1
    (directory / "next").write_bytes(SECOND)
    program = [sys.executable, "-m", "tests.unit.bundles.activating_program", str(directory), step]
    done = subprocess.run(program, cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()


def proves_itself(house: BundleHouse) -> None:
    """What decides is what was recorded last, whole, and its copy too."""
    (newest, *_) = house.activated()
    record = house.records("policy")[-1]
    manifest = peek(SECOND if newest == 2 else FIRST)
    assert house.sequence == newest == record["sequence"]
    assert house.policies.current.bundle.digest == record["bundle"] == manifest.content
    assert house.copies.load(manifest) == (SECOND if newest == 2 else FIRST)
    assert list(house.policies.current.seals) == ["receipt-east"]


@pytest.mark.parametrize("step", STEPS)
async def test_after_a_kill_the_old_or_the_new_one_decides_as_recorded_and_nothing_is_lost(
    step: str, tmp_path: Path
) -> None:
    await killed_at(step, tmp_path)
    for file in (tmp_path / "incoming").iterdir():
        file.unlink()
    async with bundle_house(tmp_path) as house:
        assert house.sequence == (2 if step in RECORDED else 1)
        proves_itself(house)
        house.put(SECOND)
        await house.policies.refresh()
        assert [each["sequence"] for each in house.records("policy")] == [1, 2]
        proves_itself(house)


async def test_after_a_kill_nothing_older_comes_back(tmp_path: Path) -> None:
    await killed_at("recorded", tmp_path)
    async with bundle_house(tmp_path) as house:
        fork = GROUP.sign(GROUP.built(after=peek(FIRST)))
        back = GROUP.rolled_back(FIRST, after=peek(FIRST))
        for number, data in enumerate((fork, back)):
            house.put(data, name=f"{number}")
            await house.policies.refresh()
        assert house.sequence == 2
        whys = [each["why"] for each in house.records("refused")]
        assert len(whys) == 2
        assert all("another number 2 is in force" in why for why in whys)
        proves_itself(house)
