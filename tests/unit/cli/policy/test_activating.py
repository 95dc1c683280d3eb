"""`sealgate policy activate`: where a bundle file goes, and what the exit code says of it."""

from pathlib import Path

import pytest

from tests.bundle_house import FIRST
from tests.unit.cli.conftest import CommandLine


@pytest.fixture
def by_bundles(sealgate: CommandLine) -> CommandLine:
    """An installation that takes bundle files; no gateway runs."""
    directory = sealgate.trial.directory
    (directory / "incoming").mkdir()
    named = f"bundles: {directory / 'incoming'}\n  root: {directory / 'root.json'}"
    sealgate.configure(f"directory: {sealgate.trial.policies}", named)
    return sealgate


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "first.sealbundle"
    path.write_bytes(FIRST)
    return path


def test_the_file_goes_where_the_gateway_takes_it_as_a_whole(
    by_bundles: CommandLine, file: Path
) -> None:
    result = by_bundles("policy", "activate", file)
    assert result.exit_code == 0, result.output
    (there,) = (by_bundles.trial.directory / "incoming").iterdir()
    assert (there.name, there.read_bytes()) == ("000001.sealbundle", FIRST)


def test_where_no_gateway_runs_waiting_ends_with_2(by_bundles: CommandLine, file: Path) -> None:
    result = by_bundles("policy", "activate", file, "--wait", "--seconds", "0")
    assert result.exit_code == 2
    assert "after 0 s nothing is on record of it: the gateway does not run" in result.stderr


def test_what_is_no_bundle_goes_nowhere(by_bundles: CommandLine, file: Path) -> None:
    file.write_bytes(FIRST[:-1])
    result = by_bundles("policy", "activate", file)
    assert result.exit_code == 2
    assert not list((by_bundles.trial.directory / "incoming").iterdir())


def test_a_directory_of_yaml_takes_no_bundles(sealgate: CommandLine, file: Path) -> None:
    result = sealgate("policy", "activate", file)
    assert result.exit_code == 2
    assert "reads a directory of policies" in result.stderr
