"""What the exit code of a command says of policies that are not built, signed or taken."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from gateway.bundles.authority import Authority
from gateway.bundles.reading import read
from gateway.cli.policy.publishing import next_bundle, told_refusals
from tests.sealed_bundles import AT


def exit_code(call: Callable[[], object]) -> int:
    with pytest.raises(typer.Exit) as left, told_refusals():
        call()
    return left.value.exit_code


@pytest.mark.parametrize("text", [b"kind: Nothing\n", b"a: \xff\n"], ids=["a mistake", "no UTF-8"])
def test_sources_that_went_wrong_after_the_check_are_refused_in_a_sentence(
    tmp_path: Path, text: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "group.yaml").write_bytes(text)
    assert exit_code(lambda: next_bundle(tmp_path, standing=None, at=AT)) == 1
    assert "group.yaml" in capsys.readouterr().err


def test_a_file_that_names_no_officers_is_refused() -> None:
    assert exit_code(lambda: Authority.read(b"{}")) == 1


def test_of_a_damaged_or_missing_file_nothing_can_be_told(tmp_path: Path) -> None:
    assert exit_code(lambda: read(b"no bundle")) == 2
    assert exit_code((tmp_path / "none").read_bytes) == 2
