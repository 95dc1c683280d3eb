"""What `sealgate doctor` says of bundle files: what is in force, and what keeps others out."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.bundles.reading import peek
from gateway.cli.doctor.bundles import BundlesCheck
from gateway.cli.doctor.model import Finding
from gateway.config import Config, load_config
from hsm.interfaces import KeyDescription
from tests.bundle_house import FIRST, GROUP, KEYS, SECOND, bundle_house, prepare, put

EXAMPLE = Path(__file__).parents[3] / "config.example.yaml"


def config_of(directory: Path) -> Config:
    """A configuration that names the house's folders."""
    example = load_config(EXAMPLE)
    named = {
        "directory": None,
        "bundles": directory / "incoming",
        "root": directory / "root.json",
    }
    return example.model_copy(
        update={
            "state_directory": directory,
            "policies": example.policies.model_copy(update=named),
        }
    )


def found(
    directory: Path, *, keys: tuple[KeyDescription, ...] | None = KEYS
) -> list[tuple[str, str, str]]:
    """Part, state and message of each finding; who has to do something is told what."""
    findings: list[Finding] = list(BundlesCheck(config_of(directory), keys=keys).findings())
    assert all(each.cure and each.owner for each in findings if each.state != "ok")
    return [(each.part, each.state, each.message) for each in findings]


@pytest.fixture
async def installed(tmp_path: Path) -> Path:
    """Where the first bundle was in force."""
    prepare(tmp_path)
    put(tmp_path, FIRST)
    async with bundle_house(tmp_path) as house:
        assert house.sequence == 1
    return tmp_path


def test_before_the_first_bundle_everything_is_denied(tmp_path: Path) -> None:
    prepare(tmp_path)
    first, second = found(tmp_path)
    assert first == ("policies", "failed", "no bundle was ever in force, so everything is denied")
    assert second[:2] == ("bundle files", "ok")


def test_what_is_in_force_is_told(installed: Path) -> None:
    first, second = found(installed)
    assert first[:2] == ("policies", "ok")
    assert first[2].startswith("number 1 is in force, sha256:")
    assert second[:2] == ("bundle files", "ok")


def test_what_is_refused_is_told_with_the_reason(installed: Path) -> None:
    put(installed, SECOND[:-1], name="cut")
    put(installed, GROUP.built(after=peek(FIRST)), name="unsigned")
    cut, unsigned = found(installed)[1:]
    assert cut[1] == unsigned[1] == "failed"
    assert cut[2].startswith("cut.sealbundle does not come into force: ")
    assert "none of them did" in unsigned[2]


def test_what_could_come_into_force_and_has_not_is_a_warning(installed: Path) -> None:
    put(installed, SECOND)
    last = found(installed)[-1]
    assert last[:2] == ("bundle files", "warning")
    assert "number 2 may come into force" in last[2]


def test_a_copy_that_is_damaged_is_told(installed: Path) -> None:
    (copy,) = (installed / "bundles").iterdir()
    copy.write_bytes(FIRST[:-1])
    damaged, nothing, *_ = found(installed)
    assert damaged[:2] == nothing[:2] == ("policies", "failed")
    assert "the copy of what was in force is damaged" in damaged[2]


def test_a_bundle_that_the_log_names_and_whose_row_is_gone_is_told(installed: Path) -> None:
    with closing(sqlite3.connect(installed / "sealgate.sqlite")) as connection, connection:
        connection.execute("delete from activation")
    missing, nothing, *_ = found(installed)
    assert missing[:2] == nothing[:2] == ("policies", "failed")
    assert "the audit log says that number 1" in missing[2]


def test_a_directory_that_is_gone_is_told(installed: Path) -> None:
    (installed / "incoming").rename(installed / "away")
    last = found(installed)[-1]
    assert last[:2] == ("bundle files", "failed")
    assert "cannot be read (No such file or directory)" in last[2]


def test_a_key_that_is_gone_is_told(installed: Path) -> None:
    last = found(installed, keys=())[-1]
    assert last[:2] == ("policies", "failed")
    assert "uses key 'receipt-east', which the signer does not have" in last[2]


def test_without_the_token_the_files_are_not_judged(installed: Path) -> None:
    assert [each[0] for each in found(installed, keys=None)] == ["policies"]
