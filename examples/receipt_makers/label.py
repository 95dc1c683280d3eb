"""签收单 as a 100 × 150 mm label: the lower part is torn off, sealed and brought back."""

from receipt_makers import barcode
from receipt_makers.canvas import Canvas, Spot, fitted, wrap
from receipt_makers.model import Party, Receipt
from receipt_makers.words import money, word


def _party(
    canvas: Canvas, head: str, party: Party, y: float, *, big: bool, contact: bool = True
) -> None:
    """Write who sends or receives, in a band that begins at `y`."""
    size = 11.0 if big else 8.5
    canvas.box(4, y, 8, 18 if big else 14, fill=(0.0, 0.0, 0.0))
    mark = head[0]
    canvas.text(8, y + 10, mark, size=14, face="hei", align="centre", colour=(1.0, 1.0, 1.0))
    words = f"{head} {party.company}"
    canvas.text(14, y + 5, words, size=fitted(canvas, words, size, "hei", 80), face="hei")
    if contact:
        canvas.text(14, y + 9.5, f"{party.contact}  {party.phone}", size=size - 1)
    line = wrap(canvas, party.address, size - 1, "song", 80)[0]
    canvas.text(14, y + 13.5, line, size=size - 1.5)


def draw(canvas: Canvas, receipt: Receipt) -> Spot:
    """Draw `receipt` as a label; only its first items are named, the sums are of all."""

    def say(text: str) -> str:
        return word(text, receipt.script)

    canvas.box(3, 3, 94, 144, weight=0.4)
    canvas.text(5, 10, receipt.carrier, size=12, face="hei")
    canvas.text(95, 10, receipt.payment, size=14, face="hei", align="right")
    canvas.line(3, 13, 97, 13, weight=0.4)
    route = f"{receipt.origin} → {receipt.destination}"
    canvas.text(50, 22, route, size=20, face="hei", align="centre")
    canvas.line(3, 25, 97, 25, weight=0.4)
    barcode.draw(canvas, receipt.number, (10, 27, 80, 13))
    canvas.text(50, 44.5, receipt.number, size=11, face="hei", align="centre")
    canvas.line(3, 47, 97, 47, weight=0.4)
    _party(canvas, say("收货单位"), receipt.consignee, 48.5, big=True)
    canvas.line(3, 68, 97, 68)
    _party(canvas, say("发货单位"), receipt.shipper, 69.5, big=False)
    canvas.line(3, 85, 97, 85)
    y = 90.0
    for item in receipt.items[:2]:
        words = f"{item.goods}  {item.pieces}×{item.package}  {item.weight / 10:.1f}kg"
        canvas.text(6, y, words, size=8)
        canvas.text(94, y, money(item.freight), size=8, align="right")
        y += 4.2
    pieces = sum(item.pieces for item in receipt.items)
    canvas.text(6, y, f"{say('合计')} {pieces}  {say('合计金额')} ¥{money(receipt.amount)}", size=9)
    canvas.line(3, 101, 97, 101, weight=0.4, dashed=True)
    canvas.text(5, 106, say("配送签收联"), size=10, face="hei")
    canvas.text(95, 106, receipt.number, size=9, align="right")
    canvas.text(5, 111, f"{say('签收时间')}：{receipt.delivered:%Y-%m-%d %H:%M}", size=8.5)
    canvas.text(5, 116, f"{say('司机')}：{receipt.driver}  {receipt.vehicle}", size=8.5)
    canvas.text(5, 121, f"{say('订单号')}：{receipt.order}", size=8.5)
    canvas.box(52, 108, 43, 36)
    canvas.text(54, 113, f"{say('收货单位（盖章）')}：", size=8.5, face="hei")
    canvas.text(54, 118, f"{say('收货人签章')}：", size=8.5, face="hei")
    for index, line in enumerate(
        wrap(canvas, say("货物外包装完好，件数无误，请在此签章确认。"), 7.5, "song", 44)
    ):
        canvas.text(5, 128 + 4 * index, line, size=7.5)
    return (56, 120, 36, 22)
