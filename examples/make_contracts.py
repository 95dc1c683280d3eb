"""Make the demo's contracts with Chromium: `python examples/make_contracts.py`.

Companies, people and goods are invented. Places are given in millimetres from the top left corner,
so that the demo knows where a person signs.
"""

import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_INTO: Final = Path(__file__).parent / "contracts"
_BUYER: Final = "示例商贸（江南）有限公司"
_CARRIER: Final = "示例物流（华东）有限公司"
_STYLE: Final = """
@page { size: A4; margin: 0 }
body { margin: 0; font-family: "Noto Serif CJK SC", "AR PL UMing CN", serif; font-size: 11pt }
.page { position: relative; width: 210mm; height: 296mm; overflow: hidden }
.page { page-break-after: always }
.page:last-child { page-break-after: auto }
h1 { position: absolute; top: 22mm; width: 210mm; margin: 0; text-align: center; font-size: 18pt }
.text { position: absolute; top: 42mm; left: 25mm; width: 160mm; line-height: 1.9 }
.text p { margin: 0 0 3mm }
.at { position: absolute; white-space: nowrap }
.line { position: absolute; border-bottom: 0.3mm solid #333 }
table { border-collapse: collapse; width: 160mm }
td, th { border: 0.2mm solid #555; padding: 1.5mm 3mm; text-align: left; font-weight: normal }
"""


def main() -> None:
    """Write all of them."""
    _INTO.mkdir(exist_ok=True)
    for name, title, pages in _CONTRACTS:
        _print(name, title, pages)


def _page(title: str, body: str, feet: Iterable[tuple[float, float, str]] = ()) -> str:
    placed = "".join(
        f'<div class="at" style="left:{left}mm;top:{top}mm">{text}</div>'
        for left, top, text in feet
    )
    head = f"<h1>{title}</h1>" if title else ""
    return f'<section class="page">{head}<div class="text">{body}</div>{placed}</section>'


def _paragraphs(*lines: str) -> str:
    return "".join(f"<p>{line}</p>" for line in lines)


_SIDES: Final = (
    (25, 215, f"甲方：{_BUYER}"),
    (115, 215, f"乙方：{_CARRIER}"),
    (35, 240, "甲方（盖章）"),
    (125, 240, "乙方（盖章）"),
)
_PURCHASE: Final = (
    _page(
        "货物采购与运输合同",
        _paragraphs(
            f"甲方（采购方）：{_BUYER}",
            f"乙方（承运方）：{_CARRIER}",
            "第一条　甲方委托乙方采购并运输本合同所列货物，乙方按约定的时间和地点交付。",
            "第二条　货物：保温箱 120 只，托盘 40 块。合同总价为人民币 128,000.00 元。",
            "第三条　交付地点：江南市示例路 8 号仓库；交付时间：2026 年 12 月 20 日前。",
            "第四条　乙方逾期交付的，每逾期一日按合同总价的千分之一支付违约金，"
            "总额以合同总价的百分之五为限。",
            "第五条　风险自交付之日起转移。签收单由收货人在交付现场签署。",
        ),
    ),
    _page(
        "",
        _paragraphs(
            "第六条　本合同以电子签名方式签署，双方的电子印章与纸质印章具有同等效力。",
            "第七条　因本合同发生的争议，双方协商解决；协商不成的，提交甲方所在地人民法院。",
            "第八条　本合同自双方盖章之日起生效。",
        ),
        _SIDES,
    ),
)
_GUARANTEE: Final = (
    _page(
        "框架合作与担保合同",
        _paragraphs(
            f"甲方：{_BUYER}",
            f"乙方：{_CARRIER}",
            "第一条　双方在物流采购领域开展为期三年的框架合作。",
            "第二条　甲方对乙方关联公司的全部债务承担无限连带责任，且不以本合同金额为限。",
            "第三条　本合同自双方盖章之日起生效。",
        ),
        _SIDES,
    ),
)
_CONFIRMATION: Final = (
    _page(
        "驾驶员运输任务确认书",
        _paragraphs(
            f"承运单位：{_CARRIER}",
            "任务编号：YS-2026-1127；车牌号：沪A·示例1。",
            "本人已阅读并了解运输路线、装载要求与安全须知，确认按要求完成本次运输任务。",
            "本确认书一式一份，由承运单位盖章后，驾驶员在手机或电脑上签字确认。",
        ),
        ((35, 240, "乙方（盖章）"), (115, 215, "驾驶员签字："), (115, 250, "日期：")),
    ),
)
_RECEIPT: Final = (
    _page(
        "货物签收单",
        _paragraphs(
            "运单号：WB-2026-000817",
            f"发货人：{_BUYER}　承运人：{_CARRIER}",
            "收货人：江南示例门店",
        )
        + "<table><tr><th>货物</th><th>数量</th></tr><tr><td>保温箱</td><td>12</td></tr>"
        "<tr><td>托盘</td><td>4</td></tr></table>"
        + _paragraphs("", "收货人请在扫码后核对数量，如有短少或破损请如实填写。"),
        ((35, 240, "乙方（盖章）"), (115, 215, "收货人签字：")),
    ),
)
_CONTRACTS: Final = (
    ("采购合同.pdf", "货物采购与运输合同", _PURCHASE),
    ("担保合同.pdf", "框架合作与担保合同", _GUARANTEE),
    ("任务确认书.pdf", "驾驶员运输任务确认书", _CONFIRMATION),
    ("签收单.pdf", "货物签收单", _RECEIPT),
)


def _print(name: str, title: str, pages: Iterable[str]) -> None:
    page = (
        f'<!doctype html><html lang="zh"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><body>{''.join(pages)}</body></html>"
    )
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page, encoding="utf-8")
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer")
        command = ("chromium", *options, f"--print-to-pdf={_INTO / name}", source.as_uri())
        subprocess.run(command, check=True, capture_output=True)


if __name__ == "__main__":
    main()
