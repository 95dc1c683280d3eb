"""Papers of text at given places, in the embedded font of `tests.vectors.fonts`."""

import io
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from pikepdf import Array, Dictionary, Name, Page, Pdf, Stream, String

from tests.vectors.fonts import embedded

POINTS_PER_MM = 72 / 25.4
CHARACTERS = "".join(
    sorted(
        {
            *map(chr, range(0x21, 0x7F)),
            *map(chr, range(0xFF01, 0xFF5F)),
            *"￥¥²٣零壹贰叁肆伍陆柒捌玖拾佰仟万亿元角分整正一二三四五六七八九十百千",
            *"货物签收回单运号发位合计金额大写人章人民币新东海物流有限公司上海分北方南星序照明",
            *"百味鲜餐饮管理蓝桥化工材料晨曦纸业备注付款方式现张此处作废担保样本第页共费保价送地址",
        }
    )
)


@dataclass(frozen=True)
class Run:
    """Characters that are shown at once.

    Attributes:
        text: what.
        left_mm: of the first character, from the page's left.
        top_mm: of the line's top.
        points: the size of the font.
        grey: from 0, black, to 1, white.
        mode: text rendering mode (ISO 32000-2 §9.3.6); 3 is invisible.
        quarters: quarter turns clockwise.
        layer: whether it stands in a layer that is off.
    """

    text: str
    left_mm: float
    top_mm: float
    points: float = 10
    grey: float = 0.0
    mode: int = 0
    quarters: int = 0
    layer: bool = False


def split(run: Run) -> list[Run]:
    """The run, character by character, as some programs write."""
    step = run.points / POINTS_PER_MM
    return [
        Run(each, run.left_mm + index * step, run.top_mm, run.points, run.grey, run.mode)
        for index, each in enumerate(run.text)
    ]


def paper(
    *pages: Sequence[Run],
    size_mm: tuple[float, float] = (210, 297),
    rotate: int = 0,
    before: str = "",
    after: str = "",
) -> bytes:
    """A document; always the same bytes.

    Args:
        pages: what stands on each, in the order of the file.
        size_mm: of the pages, before they are turned.
        rotate: /Rotate of the pages.
        before: content that is drawn beneath the text.
        after: content that is drawn over it.
    """
    with Pdf.open(io.BytesIO(_blank())) as pdf:
        width, height = (each * POINTS_PER_MM for each in size_mm)
        resources = pdf.pages[0].Resources
        if any(run.layer for page in pages for run in page):
            resources.Properties = Dictionary(Off=_layer_that_is_off(pdf))
        del pdf.pages[0]
        for runs in pages:
            text = "".join(_shown(run, height) for run in runs)
            content = Stream(pdf, f"{before}\n{text}\n{after}".encode())
            page = Dictionary(
                Type=Name.Page,
                MediaBox=Array([0, 0, round(width, 3), round(height, 3)]),
                Resources=resources,
                Contents=pdf.make_indirect(content),
                Rotate=rotate,
            )
            pdf.pages.append(Page(page))
        return _saved(pdf)


def _shown(run: Run, height: float) -> str:
    codes = "".join(f"{CHARACTERS.index(each) + 1:04X}" for each in run.text)
    x, y = run.left_mm * POINTS_PER_MM, height - run.top_mm * POINTS_PER_MM - run.points
    turn = ("1 0 0 1", "0 -1 1 0", "-1 0 0 -1", "0 1 -1 0")[run.quarters]
    shown = (
        f"BT /F {run.points} Tf {run.mode} Tr {run.grey} g "
        f"{turn} {x:.3f} {y:.3f} Tm <{codes}> Tj ET\n"
    )
    return f"/OC /Off BDC\n{shown}EMC\n" if run.layer else shown


def _layer_that_is_off(pdf: Pdf) -> Dictionary:
    layer = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("later")))
    usual = Dictionary(OFF=Array([layer]), Order=Array([layer]))
    pdf.Root.OCProperties = Dictionary(OCGs=Array([layer]), D=usual)
    return layer  # type: ignore[return-value]  # an indirect dictionary


@cache
def _blank() -> bytes:
    with Pdf.new() as pdf:
        font = pdf.make_indirect(embedded(pdf, CHARACTERS))
        pdf.add_blank_page()
        pdf.pages[0].Resources = Dictionary(Font=Dictionary(F=font))
        return _saved(pdf)


def _saved(pdf: Pdf) -> bytes:
    output = io.BytesIO()
    pdf.save(output, deterministic_id=True)
    return output.getvalue()


def full_width(text: str) -> str:
    """The text in the wide forms that Chinese input gives."""
    wide = {chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)} | {"¥": "￥"}
    changed = "".join(wide.get(each, each) for each in text)
    assert unicodedata.normalize("NFKC", changed) == text
    return changed
