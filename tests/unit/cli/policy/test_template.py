"""`sealgate policy template`: a form learnt from documents, by which others are told from it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from policies.loader import load_bundle
from tests.document_fixtures import receipt
from tests.receipts.drawn import good, mutated
from tests.receipts.paper import Run, paper
from tests.unit.documents.content.asked import content_of

OPTIONS = ("--type", "receipt", "--name", "learnt", "--version", "3")
TYPE = """
apiVersion: sealgate/v1
kind: DocumentType
metadata: {name: receipt}
---
"""


def template(directory: Path, documents: Sequence[bytes]) -> Result:
    files = [directory / f"回单 {number}.pdf" for number in range(len(documents))]
    for file, document in zip(files, documents, strict=True):
        file.write_bytes(document)
    return CliRunner().invoke(app, ["policy", "template", *map(str, files), *OPTIONS])


def test_what_is_learnt_loads_and_tells_receipts_of_the_form_from_others(tmp_path: Path) -> None:
    receipts = list(good(12))
    result = template(tmp_path, [each.document for each in receipts[:6]])
    assert result.exit_code == 0, result.output
    (learnt,) = load_bundle({"template.yaml": TYPE + result.stdout}).templates.values()
    assert (learnt.name, learnt.version) == ("learnt", 3)
    assert {"货物签收回单", "收货单位", "合计金额"} <= {mark.text for mark in learnt.marks}
    for each in receipts:
        content = content_of(each.document, "template", "fields", templates=(learnt,))
        assert content.template == "learnt@3"
        assert each.consignee in content.fields.values()
    others = [each for each in mutated(8) if each.wrong == "template"]
    told = [content_of(each.document, "template", templates=(learnt,)) for each in others]
    assert [each.template for each in told] == [""] * 8


def test_a_label_before_a_colon_is_part_of_the_form_and_what_follows_is_not(
    tmp_path: Path,
) -> None:
    lines = [Run("单位:东海", 20, 30), Run("地址:上海", 20, 40), Run("电话:1", 20, 50)]
    lines = [replace(each, text=each.text.replace("电话", "单号")) for each in lines]
    other = [replace(each, text=each.text[:3] + "分公司") for each in lines]
    result = template(tmp_path, [paper(lines), paper(other)])
    assert result.exit_code == 0, result.output
    for label in ("单位:", "地址:", "单号:"):
        assert f'text: "{label}"' in result.stdout
        assert f'# "{label}"' in result.stdout
    assert "东海" not in result.stdout


@pytest.mark.parametrize(
    ("documents", "why"),
    [
        ([paper([Run("单位", 20, 30)])], "give two or more"),
        ([paper([Run("单位", 20, 30)])] * 2, "only 1 words stand at the same place"),
        ([next(good()).document] * 2, "all of them say the same"),
        (
            [paper([Run("单位", 20, 30)]), paper([Run("单位", 20, 30)], size_mm=(210, 280))],
            "that of document 2 210 x 280 mm",
        ),
        (
            [paper([Run("单位", 20, 30 + 10 * n), Run("¥1.00", 50, 30 + 10 * n)]) for n in (0, 1)],
            "only 0 words",
        ),
    ],
    ids=["one", "few-words", "the-same", "other-paper", "moved"],
)
def test_documents_of_no_one_form_are_told_with_the_reason(
    tmp_path: Path, documents: list[bytes], why: str
) -> None:
    result = template(tmp_path, documents)
    assert result.exit_code == 1
    assert why in " ".join(result.output.split())


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    result = template(tmp_path, [next(good()).document, receipt("scan-a4-851")])
    assert result.exit_code == 2
    assert "回单 1.pdf" in result.output
    assert "picture" in result.output
