"""`sealgate hsm import-certificate` on a real SoftHSM token and the files of a trial."""

import json
from pathlib import Path

import pytest

from hsm.interfaces import KeyDescription
from tests.seal_authority import SealAuthority, pem
from tests.unit.cli.conftest import CommandLine


@pytest.fixture(scope="module")
def authority() -> SealAuthority:
    return SealAuthority()


@pytest.fixture
def root(authority: SealAuthority, tmp_path: Path) -> Path:
    file = tmp_path / "root.pem"
    file.write_bytes(pem(authority.root.certificate))
    return file


@pytest.fixture
def chain(authority: SealAuthority, keys: tuple[KeyDescription, ...], tmp_path: Path) -> Path:
    file = tmp_path / "chain.pem"
    leaf = authority.issue(keys[0].public_key)
    file.write_bytes(pem(authority.root.certificate, authority.below.certificate, leaf))
    return file


def _certificate(sealgate: CommandLine) -> Path:
    return sealgate.trial.policies / "certificates" / "receipt-east.pem"


def test_a_good_one_takes_the_old_ones_place_and_the_old_one_stays(
    sealgate: CommandLine, chain: Path, root: Path
) -> None:
    before = _certificate(sealgate).read_bytes()
    result = sealgate("hsm", "import-certificate", "receipt-east", chain, "--root", root, "--json")
    assert result.exit_code == 0, result.output
    told = json.loads(result.stdout)
    assert Path(told["kept"]).read_bytes() == before
    written = _certificate(sealgate).read_bytes()
    assert written.count(b"BEGIN") == 2  # the root stays at home
    (note,) = sealgate.config.key_acts.glob("*.act.json")
    act = json.loads(note.read_text(encoding="utf-8"))
    assert (act["what"], act["seal"]) == ("certificate", "receipt-east")
    assert act["certificate"] == told["certificate"]
    assert len(act["previous"]) == 64

    again = sealgate("hsm", "import-certificate", "receipt-east", chain, "--root", root)
    assert again.exit_code == 0, again.output
    assert _certificate(sealgate).read_bytes() == written
    assert len(list(sealgate.config.key_acts.glob("*.act.json"))) == 1


def test_what_stands_against_it_is_told_and_nothing_is_written(
    sealgate: CommandLine,
    keys: tuple[KeyDescription, ...],
    authority: SealAuthority,
    root: Path,
    tmp_path: Path,
) -> None:
    before = _certificate(sealgate).read_bytes()
    file = tmp_path / "wrong.pem"
    leaf = authority.issue(keys[0].public_key, organisation="甲有限公司")
    file.write_bytes(pem(leaf))
    result = sealgate("hsm", "import-certificate", "receipt-east", file, "--root", root)
    assert result.exit_code == 1
    assert "certificate-of-other-company" in result.stderr
    assert "chain-incomplete" in result.stderr
    assert _certificate(sealgate).read_bytes() == before
    assert not sealgate.config.key_acts.exists()


def test_the_certificate_of_another_seals_key_is_refused(
    sealgate: CommandLine, chain: Path, root: Path
) -> None:
    result = sealgate("hsm", "import-certificate", "receipt-south", chain, "--root", root, "--json")
    assert result.exit_code == 1
    assert [each["name"] for each in json.loads(result.stdout)["faults"]] == [
        "certificate-not-for-key"
    ]


def test_it_can_be_checked_only(sealgate: CommandLine, chain: Path, root: Path) -> None:
    before = _certificate(sealgate).read_bytes()
    result = sealgate("hsm", "import-certificate", "receipt-east", chain, "--root", root, "--check")
    assert result.exit_code == 0, result.output
    assert "good" in result.stdout
    assert _certificate(sealgate).read_bytes() == before


def test_where_officers_sign_the_directory_of_sources_must_be_named(
    on_running: CommandLine, chain: Path, root: Path
) -> None:
    result = on_running("hsm", "import-certificate", "receipt-east", chain, "--root", root)
    assert result.exit_code == 2
    assert "name the directory of YAML" in result.stderr
