"""Receipts as HTML: what a web-based transport system prints."""

import html
from collections.abc import Iterable
from typing import Final, Literal

from receipt_makers import barcode
from receipt_makers.model import Receipt
from receipt_makers.words import capitals, money, word

Look = Literal["card", "ledger", "strip"]

_STYLES: Final[dict[Look, str]] = {
    "card": """
      body { font-size: 9.5pt } h1 { font-size: 17pt; margin: 0 }
      header { display: flex; justify-content: space-between; align-items: center;
               background: #14427a; color: #fff; padding: 4mm 5mm; border-radius: 2mm }
      header svg { background: #fff; padding: 1.5mm }
      dl { display: grid; grid-template-columns: 22mm 1fr 22mm 1fr; gap: 1.6mm 2mm; margin: 4mm 0 }
      dt { color: #56657a } dd { margin: 0 }
      th { background: #e8eef6; color: #14427a } td, th { border-bottom: 0.2mm solid #b8c4d4 }
      .sign { border: 0.3mm solid #14427a; border-radius: 2mm }
    """,
    "ledger": """
      body { font-size: 10pt } h1 { font-size: 19pt; margin: 0; letter-spacing: 0 }
      header { display: flex; justify-content: space-between; align-items: flex-end;
               border-bottom: 0.6mm double #000; padding-bottom: 2mm }
      dl { display: grid; grid-template-columns: 23mm 1fr 23mm 1fr; margin: 3mm 0 0;
           border: 0.25mm solid #000; border-width: 0.25mm 0 0 0.25mm }
      dt, dd { margin: 0; padding: 1.2mm 1.5mm; border: 0.25mm solid #000;
               border-width: 0 0.25mm 0.25mm 0 } dt { background: #eee }
      td, th { border: 0.25mm solid #000 } .sign { border: 0.25mm solid #000 }
    """,
    "strip": """
      body { font-size: 8.5pt } h1 { font-size: 14pt; margin: 1mm 0; text-align: center }
      header { text-align: center; border-bottom: 0.3mm dashed #000; padding-bottom: 2mm }
      dl { margin: 2mm 0 } dt { float: left; clear: left; margin-right: 1mm }
      dd { margin: 0 0 0.8mm 0 } th { border-bottom: 0.2mm solid #000 }
      .many { display: none } .sign { border: 0.3mm solid #000 }
    """,
}
_SHARED: Final = """
  * { box-sizing: border-box } body { margin: 0; color: #111 }
  table { width: 100%; border-collapse: collapse; margin: 2mm 0 }
  td, th { padding: 1.1mm 1.5mm; text-align: left; font-weight: normal }
  td.n, th.n { text-align: right } .carrier { font-size: 11pt }
  .total { font-size: 11.5pt; margin: 2mm 0 } .sign { display: flex; min-height: 34mm;
  padding: 2mm 3mm; break-inside: avoid } .sign p { margin: 0 0 2mm } .sign > div { flex: 1 }
  footer { color: #555; font-size: 8pt; margin-top: 2mm } thead { display: table-header-group }
"""
_TIGHT: Final = """
  body { font-size: 8pt } td, th { padding: 0.5mm 1mm } dl dd, dl dt { padding: 0.5mm 1mm }
  h1 { font-size: 13pt } p { margin: 1mm 0 } .total { font-size: 9.5pt; margin: 1mm 0 }
  .sign { min-height: 26mm } .sign p { margin: 0 0 1mm } footer { font-size: 7pt }
"""


def _svg(code: str) -> str:
    """The bar code as an SVG picture."""
    found, total = barcode.bars(code)
    parts = "".join(f'<rect x="{x:g}" width="{w:g}" height="34"/>' for x, w in found)
    return (
        f'<svg role="img" aria-label="{code}" width="54mm" height="10mm"'
        f' viewBox="0 0 {total:g} 34" preserveAspectRatio="none">{parts}</svg>'
    )


def _cells(cells: Iterable[tuple[str, str]], tag: str) -> str:
    return "".join(f'<{tag} class="{kind}">{html.escape(words)}</{tag}>' for words, kind in cells)


def _table(receipt: Receipt) -> str:
    heads = (
        ("货物名称", ""),
        ("包装", "many"),
        ("件数", "n"),
        ("重量(kg)", "n many"),
        ("体积(m³)", "n many"),
        ("运费(元)", "n"),
    )
    head = _cells(((word(text, receipt.script), kind) for text, kind in heads), "th")
    rows = "".join(
        "<tr>"
        + _cells(
            (
                (item.goods, ""),
                (item.package, "many"),
                (f"{item.pieces}", "n"),
                (f"{item.weight / 10:.1f}", "n many"),
                (f"{item.volume / 1000:.3f}", "n many"),
                (money(item.freight), "n"),
            ),
            "td",
        )
        + "</tr>"
        for item in receipt.items
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _facts(receipt: Receipt) -> str:
    facts = (
        ("发货单位", receipt.shipper.company),
        ("收货单位", receipt.consignee.company),
        ("联系人", f"{receipt.shipper.contact} {receipt.shipper.phone}"),
        ("联系人", f"{receipt.consignee.contact} {receipt.consignee.phone}"),
        ("地址", receipt.shipper.address),
        ("地址", receipt.consignee.address),
        ("始发站", receipt.origin),
        ("到达站", receipt.destination),
        ("托运日期", f"{receipt.issued}"),
        ("订单号", receipt.order),
        ("车牌号", f"{receipt.vehicle} {receipt.driver}"),
        ("付款方式", receipt.payment),
    )
    pairs = "".join(
        f"<dt>{word(head, receipt.script)}</dt><dd>{html.escape(words)}</dd>"
        for head, words in facts
    )
    return f"<dl>{pairs}</dl>"


def page(
    receipt: Receipt,
    *,
    size: str,
    look: Look,
    font: str,
    title: str = "货物签收回单",
) -> str:
    """The document; `size` is CSS's (`A4 landscape`), small paper is set more tightly."""

    def say(text: str) -> str:
        return word(text, receipt.script)

    small = not size.startswith("A4")
    margin = "3mm" if look == "strip" else "6mm" if small else "11mm"
    lang = "zh-Hans" if receipt.script == "hans" else "zh-Hant"
    style = f"@page {{ size: {size}; margin: {margin} }} body {{ font-family: '{font}' }}"
    carrier, consignee = html.escape(receipt.carrier), html.escape(receipt.consignee.company)
    return f"""<!DOCTYPE html>
<html lang="{lang}"><head><meta charset="utf-8"><title>{receipt.number}</title>
<style>{style}{_SHARED}{_STYLES[look]}{_TIGHT if small else ""}</style></head><body>
<header><div><div class="carrier">{carrier}</div><h1>{say(title)}</h1></div>
<div>{_svg(receipt.number)}<div>{say("运单号")}：{receipt.number}</div></div></header>
<main>{_facts(receipt)}{_table(receipt)}
<p>{say("保价费")} {money(receipt.insurance)}　{say("送货费")} {money(receipt.delivery_fee)}</p>
<p class="total">{say("合计金额")} ¥{money(receipt.amount)}（{say("大写")}：
{capitals(receipt.amount, receipt.script)}）</p>
<p>{say("备注")}：{html.escape(receipt.remark)}</p>
<section class="sign"><div><p>{say("承运人签字")}：{receipt.driver}</p>
<p>{say("签收时间")}：{receipt.delivered:%Y-%m-%d %H:%M}</p></div>
<div><p>{say("收货单位（盖章）")}：</p><p>{consignee}</p><p>{say("收货人签章")}：</p></div></section>
</main><footer>{say("货物外包装完好，件数无误，请在此签章确认。")}
{say("客服热线")} {receipt.hotline}</footer></body></html>
"""
