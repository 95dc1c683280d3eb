"""签收单 from the printer on the driver's belt: 58 or 80 mm of thermal paper."""

from receipt_makers import barcode
from receipt_makers.canvas import Align, Canvas, Face, Spot, fitted, wrap
from receipt_makers.model import Receipt
from receipt_makers.words import capitals, money, word


class _Roll:
    """One receipt, printed line by line."""

    def __init__(self, canvas: Canvas, receipt: Receipt) -> None:
        self._canvas = canvas
        self._receipt = receipt
        self._left = 3.0
        self._width = canvas.width - 2 * self._left
        self._size = 7.5 if canvas.width < 70 else 9.0  # noqa: PLR2004 (a 58 mm roll)
        self._y = 4.0

    def _word(self, text: str) -> str:
        return word(text, self._receipt.script)

    def _print(
        self, words: str, *, scale: float = 1.0, face: Face = "song", align: Align = "left"
    ) -> None:
        size = self._size * scale
        for line in wrap(self._canvas, words, size, face, self._width):
            self._y += size * 0.47
            x = self._left + {"left": 0.0, "centre": self._width / 2, "right": self._width}[align]
            self._canvas.text(x, self._y, line, size=size, face=face, align=align)

    def _pair(self, left: str, right: str) -> None:
        canvas, room = self._canvas, self._width - 1
        self._y += self._size * 0.47
        size = fitted(canvas, left + right, self._size, "song", room)
        canvas.text(self._left, self._y, left, size=size)
        canvas.text(self._left + self._width, self._y, right, size=size, align="right")

    def _rule(self) -> None:
        self._y += 2
        right = self._left + self._width
        self._canvas.line(self._left, self._y, right, self._y, dashed=True)
        self._y += 0.6

    def draw(self) -> Spot:
        """Print it all."""
        canvas, receipt = self._canvas, self._receipt
        self._print(receipt.carrier, scale=1.15, face="hei", align="centre")
        self._print(self._word("配送签收联"), scale=1.5, face="hei", align="centre")
        self._y += 2
        barcode.draw(canvas, receipt.number, (self._left + 2, self._y, self._width - 4, 11))
        self._y += 11
        self._print(receipt.number, face="hei", align="centre")
        self._rule()
        for head, value in (
            ("订单号", receipt.order),
            ("发货单位", receipt.shipper.company),
            ("收货单位", receipt.consignee.company),
            ("联系人", f"{receipt.consignee.contact}  {receipt.consignee.phone}"),
            ("地址", receipt.consignee.address),
            ("车牌号", f"{receipt.vehicle}  {receipt.driver}"),
        ):
            self._print(f"{self._word(head)}：{value}")
        self._rule()
        for item in receipt.items:
            self._print(item.goods)
            self._pair(
                f"  {item.pieces}×{item.package}  {item.weight / 10:.1f}kg", money(item.freight)
            )
        self._rule()
        self._pair(self._word("保价费"), money(receipt.insurance))
        self._pair(self._word("送货费"), money(receipt.delivery_fee))
        self._print(
            f"{self._word('合计金额')} ¥{money(receipt.amount)}",
            scale=1.25,
            face="hei",
            align="right",
        )
        self._print(capitals(receipt.amount, receipt.script), align="right")
        self._rule()
        self._print(f"{self._word('签收时间')}：{receipt.delivered:%Y-%m-%d %H:%M}")
        self._print(self._word("货物外包装完好，件数无误，请在此签章确认。"), scale=0.85)
        self._y += 1.5
        canvas.box(self._left, self._y, self._width, 34)
        self._y += 1
        self._left += 2
        self._print(f"{self._word('收货单位（盖章）')}：", face="hei")
        self._print(f"{self._word('收货人签章')}：", face="hei")
        return (self._left + 10, self._y + 2, self._width - 14, 22)


def draw(canvas: Canvas, receipt: Receipt) -> Spot:
    """Print `receipt` on one strip; three items fit on 200 mm."""
    return _Roll(canvas, receipt).draw()
