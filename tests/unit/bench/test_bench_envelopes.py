"""What the benchmark of two companies sends."""

from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
import yaml

from bench.envelopes.pairs import contract_of_its_own
from bench.envelopes.policies import drop_rules_that_read
from bench.errors import BenchError

ROOT = Path(__file__).parents[3]


def test_each_contract_is_another_file_with_the_same_words() -> None:
    one, other = contract_of_its_own("PO-00000000000a"), contract_of_its_own("PO-00000000000b")
    assert one != other
    assert len(one) == len(other)
    with pikepdf.open(BytesIO(one)) as first, pikepdf.open(BytesIO(other)) as second:
        assert first.docinfo["/CreationDate"] != second.docinfo["/CreationDate"]
        pages = [[page.Contents.read_bytes() for page in pdf.pages] for pdf in (first, second)]
        assert pages[0] == pages[1]


def test_what_reads_contracts_is_taken_out_and_the_rest_stays(tmp_path: Path) -> None:
    shipped = ROOT / "gateway/cli/trial/files/contracts/policies/contracts.yaml"
    file = tmp_path / "contracts.yaml"
    text = shipped.read_text("utf-8").replace("${forbidden}", "无限连带责任")
    file.write_text(text, "utf-8")
    drop_rules_that_read(file)
    before, after = (list(yaml.safe_load_all(each)) for each in (text, file.read_text("utf-8")))
    assert "doc.text" not in file.read_text("utf-8")
    assert [each["metadata"] for each in after] == [each["metadata"] for each in before]
    assert [each["spec"].get("permit") for each in after] == [
        each["spec"].get("permit") for each in before
    ]
    with pytest.raises(BenchError, match="has no rule that reads"):
        drop_rules_that_read(file)
