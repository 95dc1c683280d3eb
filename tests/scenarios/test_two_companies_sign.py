"""Two companies, a person and whoever receives the goods: the demo's journeys, as users walk them.

Each company has an HSM token, a CA, officers and policies of its own; the network is a process;
people use Chromium. What came of each is judged by pdfsig and without the network.
"""

from pathlib import Path

import pytest

from examples.envelopes.demo import Ports, show_envelopes
from tests.unit.cli.conftest import free_port


@pytest.mark.timeout(600)  # three servers, two browsers, on a machine with other things to do
def test_contracts_are_sealed_refused_signed_by_hand_and_goods_received(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    ports = Ports(free_port(), free_port(), free_port())
    pictures = tmp_path / "pictures"
    faults = show_envelopes(tmp_path / "contracts", ports=ports, pictures=pictures)
    told = capfd.readouterr().out
    assert faults == [], told
    assert "left out" not in told
    for words in (
        "采购合同.pdf: sealed by 示例商贸（江南）有限公司, then by 示例物流（华东）有限公司",
        "contracts/for-legal-to-read: 合同写有“无限连带责任”",
        "signed by 王芳 in a browser",
        "received by 陈师傅 with a remark",
        "audit log of carrier: whole",
        "audit log of buyer: whole",
    ):
        assert words in told
    assert told.count("the record holds without the network") == 3
    assert len([*pictures.glob("*.png")]) == 9
