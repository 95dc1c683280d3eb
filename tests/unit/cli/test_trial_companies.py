"""Two companies on one machine, each with a token, a CA, officers and policies of its own."""

from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from gateway.bundles.reading import read
from gateway.cli.app import app
from gateway.config import load_config


def init(directory: Path, company: str) -> Path:
    made = CliRunner().invoke(app, ["init", "-d", str(directory), "--company", company])
    assert made.exit_code == 0, made.stderr
    return directory


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    directory = tmp_path_factory.mktemp("companies")
    return {name: init(directory / name, name) for name in ("carrier", "buyer")}


def test_each_has_a_ca_of_its_own_that_is_not_taken_for_the_others(
    companies: dict[str, Path],
) -> None:
    roots = {}
    for name, directory in companies.items():
        (root,) = x509.load_pem_x509_certificates((directory / "demo-ca.pem").read_bytes())
        (seal, *_) = x509.load_pem_x509_certificates(
            (directory / "policies" / "certificates" / "contract.pem").read_bytes()
        )
        seal.verify_directly_issued_by(root)
        roots[name] = root
    assert roots["carrier"].subject != roots["buyer"].subject


def test_the_officers_of_each_have_signed_its_first_bundle(companies: dict[str, Path]) -> None:
    officers = {}
    for name, directory in companies.items():
        (file,) = (directory / "bundles").glob("*.sealbundle")
        governance = read(file.read_bytes()).bundle.governance
        assert governance is not None
        officers[name] = set(governance.officers)
    assert officers == {"carrier": {"li-na", "wang-qiang"}, "buyer": {"zhao-min", "sun-li"}}


def test_they_keep_nothing_in_the_same_place_and_listen_at_two_ports(
    companies: dict[str, Path],
) -> None:
    configs = [load_config(directory / "config.yaml") for directory in companies.values()]
    for of in (
        lambda each: each.http.port,
        lambda each: each.state_directory,
        lambda each: each.hsm.token_label,
        lambda each: each.audit.origin,
    ):
        assert len({of(each) for each in configs}) == 2


@pytest.mark.parametrize("company", ["carrier", "buyer"])
def test_the_policies_of_each_pass_their_own_tests(
    companies: dict[str, Path], company: str
) -> None:
    tried = CliRunner().invoke(app, ["policy", "test", str(companies[company] / "policies")])
    assert tried.exit_code == 0, tried.stdout


def test_making_one_again_changes_nothing(companies: dict[str, Path]) -> None:
    files = [path for path in companies["buyer"].rglob("*") if path.is_file()]
    # The token counts its logins.
    own = [path for path in files if "tokens" not in path.parts]
    before = {path: path.read_bytes() for path in own}
    init(companies["buyer"], "buyer")
    assert {path: path.read_bytes() for path in own} == before
