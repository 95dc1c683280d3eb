"""Where `create` has people sign: on nothing that stands there, nor where seals usually go."""

from pathlib import Path
from typing import Any

import pypdfium2
import pytest
import yaml
from typer.testing import CliRunner, Result

from gateway.cli.app import app
from gateway.documents.placing.free_spot import Obstacle
from gateway.documents.placing.geometry import Area, PageGeometry, Rectangle

CONTRACTS = Path(__file__).parents[4] / "examples" / "contracts"
CREATE = (
    *("--company", "east", "--seal", "contract-east", "--type", "purchase-contract"),
    *("--number", "YS-1", "--from", "org-east=示例物流（华东）有限公司"),
)
GOODS = (
    *("--waybill", "WB-817", "--shipper", "示例商贸", "--consignee", "江南示例门店"),
    *("--line", "保温箱=12", "--line", "托盘=4"),
)
SEAL_MM = 42.0


def create(tmp_path: Path, contract: Path, *more: str) -> tuple[Result, dict[str, Any]]:
    place = tmp_path / "described.yaml"
    told = CliRunner().invoke(
        app, ["envelope", "create", str(contract), *CREATE, *more, "-o", str(place)]
    )
    assert told.exit_code == 0, told.stderr
    return told, yaml.safe_load(place.read_text(encoding="utf-8"))


def boxes_of(written: dict[str, Any]) -> dict[str, Area]:
    return {
        field["name"]: area_of(field["box"])
        for party in written["parties"]
        for field in party.get("fields", ())
    }


def area_of(box: dict[str, float]) -> Area:
    assert box["page"] == -1
    return Area(box["leftMm"], box["topMm"], box["widthMm"], box["heightMm"])


def what_stands_on(contract: Path) -> list[Obstacle]:
    """Each piece of text, and the company's seal beside its keyword, as the policies have it."""
    with pypdfium2.PdfDocument(contract) as pdf:
        page = pdf[len(pdf) - 1]
        geometry = PageGeometry(Rectangle(*page.get_cropbox()), 0, 1.0)
        text = page.get_textpage()
        texts = [
            geometry.to_area(Rectangle(*text.get_rect(each))) for each in range(text.count_rects())
        ]
        hit = text.search("（盖章）").get_next()
        assert hit is not None
        last = geometry.to_area(Rectangle(*text.get_charbox(hit[0] + hit[1] - 1)))
        text.close()
    across, down = last.left_mm + last.width_mm, last.top_mm + last.height_mm / 2
    seal = Area(across - SEAL_MM / 2, down - SEAL_MM / 2, SEAL_MM, SEAL_MM)
    return [*(Obstacle(each, "text") for each in texts), Obstacle(seal, "seal")]


@pytest.mark.parametrize("name", ["任务确认书.pdf", "签收单.pdf", "采购合同.pdf"])
def test_nobody_signs_over_text_or_the_companys_seal(tmp_path: Path, name: str) -> None:
    contract = CONTRACTS / name
    told, written = create(tmp_path, contract, "--person", "王芳=person-1", "--person", "李强=p-2")
    areas = list(boxes_of(written).values())
    assert len(areas) == 2
    for area in areas:
        covered = [each.what for each in what_stands_on(contract) if each.meets(area)]
        assert covered == []
    assert not Obstacle(areas[0], "").meets(areas[1])
    assert "see that it lies" not in told.stderr
    assert "moves it there" in told.stderr


def test_who_signs_does_so_below_the_words_for_it(tmp_path: Path) -> None:
    told, written = create(tmp_path, CONTRACTS / "任务确认书.pdf", "--person", "王芳=person-1")
    (area,) = boxes_of(written).values()
    assert 110 < area.left_mm < 120
    assert 218 < area.top_mm < 226
    assert "person-signature on 任务确认书.pdf: below “驾驶员签字：”" in told.stderr


def test_a_receipt_has_places_for_what_the_receiver_tells(tmp_path: Path) -> None:
    contract = CONTRACTS / "签收单.pdf"
    _, written = create(tmp_path, contract, "--bearer", "5678", *GOODS)
    (bearer, _us) = written["parties"]
    kinds = {each["name"]: (each["kind"], each.get("required", True)) for each in bearer["fields"]}
    assert kinds == {
        "goods": ("text", True),
        "remark": ("text", False),
        "bearer-signature": ("signature", True),
    }
    areas = list(boxes_of(written).values())
    for number, area in enumerate(areas):
        others = [Obstacle(each, "field") for each in areas[:number] + areas[number + 1 :]]
        obstacles = [*what_stands_on(contract), *others]
        assert [each.what for each in obstacles if each.meets(area)] == []


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    paper = tmp_path / "paper.pdf"
    paper.write_bytes(b"%PDF-1.7 a contract")
    told, written = create(tmp_path, paper, "--person", "王芳=person-1")
    (area,) = boxes_of(written).values()
    assert (area.left_mm, area.top_mm) == (20, 250)
    assert "what stands on paper.pdf cannot be told" in told.stderr
    told, _ = create(tmp_path, paper, "--bearer", "", *GOODS, "--replace")
    assert "what stands on paper.pdf cannot be told" in told.stderr


def test_a_page_without_room_is_told(tmp_path: Path) -> None:
    small = tmp_path / "small.pdf"
    with pypdfium2.PdfDocument.new() as pdf:
        pdf.new_page(100, 100)
        pdf.save(small)
    told, _ = create(tmp_path, small, "--bearer", "", *GOODS)
    assert "small.pdf has no free room for goods" in told.stderr
    assert "small.pdf has no free room for bearer-signature" in told.stderr
