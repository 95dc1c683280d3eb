"""The demo's contracts say where their seals go, and only one says what legal must read."""

import subprocess
from pathlib import Path

import pytest

from gateway.cli.trial.kits import KITS
from tests.unit.docs.markdown import ROOT

CONTRACTS = sorted((ROOT / "examples" / "contracts").glob("*.pdf"))


def text_of(path: Path) -> str:
    command = ("pdftotext", "-layout", path, "-")
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_a_contract_says_where_the_carriers_seal_goes(path: Path) -> None:
    assert text_of(path).count(KITS["carrier"].values["side"]) == 1


@pytest.mark.parametrize("name", ["采购合同", "担保合同"])
def test_a_contract_of_two_says_where_the_buyers_seal_goes(name: str) -> None:
    (path,) = (each for each in CONTRACTS if each.stem == name)
    assert text_of(path).count(KITS["buyer"].values["side"]) == 1


def test_the_buyers_policies_refuse_one_of_them() -> None:
    forbidden = KITS["buyer"].values["forbidden"]
    assert [each.stem for each in CONTRACTS if forbidden in text_of(each)] == ["担保合同"]
    assert not any(KITS["carrier"].values["forbidden"] in text_of(each) for each in CONTRACTS)
