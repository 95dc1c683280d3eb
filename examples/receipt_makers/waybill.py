"""公路货物运单: the carrier's wide, ruled form in one ink, filled in with another."""

from receipt_makers import barcode
from receipt_makers.canvas import BLACK, Canvas, Colour, Spot, fitted, wrap
from receipt_makers.model import Party, Receipt
from receipt_makers.words import capitals, money, word


class _Waybill:
    """One waybill; lengths are for a form 273 mm wide and scaled to the canvas."""

    def __init__(self, canvas: Canvas, receipt: Receipt, ink: Colour) -> None:
        self._canvas = canvas
        self._receipt = receipt
        self._ink = ink
        self._k = min((canvas.width - 16) / 273, (canvas.height - 16) / 186)
        self._x = (canvas.width - 273 * self._k) / 2
        self._y = 8.0

    def _word(self, text: str) -> str:
        return word(text, self._receipt.script)

    def _box(self, x: float, y: float, w: float, h: float) -> None:
        k = self._k
        self._canvas.box(self._x + x * k, self._y + y * k, w * k, h * k, colour=self._ink)

    def _print(self, x: float, y: float, words: str, size: float = 10) -> None:
        """Words that are part of the form."""
        k = self._k
        at, base = self._x + x * k, self._y + y * k
        self._canvas.text(at, base, words, size=size * k, face="hei", colour=self._ink)

    def _fill(self, x: float, y: float, words: str, width: float, size: float = 10.5) -> None:
        """Words that are filled in."""
        k = self._k
        fit = fitted(self._canvas, words, size * k, "song", width * k)
        self._canvas.text(self._x + x * k, self._y + y * k, words, size=fit, colour=BLACK)

    def _party(self, x: float, head: str, party: Party) -> None:
        self._box(x, 34, 136.5, 36)
        self._print(x + 3, 41, self._word(head))
        self._fill(x + 30, 41, party.company, 100)
        self._print(x + 3, 50, self._word("联系人"))
        self._fill(x + 30, 50, party.contact, 30)
        self._print(x + 66, 50, self._word("电话"))
        self._fill(x + 80, 50, party.phone, 50)
        self._print(x + 3, 59, self._word("地址"))
        for index, line in enumerate(
            wrap(self._canvas, party.address, 10.5 * self._k, "song", 100 * self._k)
        ):
            self._fill(x + 30, 59 + 6 * index, line, 100)

    def draw(self) -> Spot:
        """Draw it."""
        canvas, receipt, k = self._canvas, self._receipt, self._k
        self._print(3, 9, receipt.carrier, 13)
        self._print(105, 14, self._word("公路货物运单"), 24)
        barcode.draw(canvas, receipt.number, (self._x + 205 * k, self._y, 66 * k, 11 * k))
        self._fill(211, 17, receipt.number, 60, 12)
        self._print(3, 18, f"{self._word('客服热线')} {receipt.hotline}", 9)
        self._box(0, 22, 273, 12)
        for x, head, words in (
            (3, "托运日期", f"{receipt.issued}"),
            (66, "始发站", receipt.origin),
            (114, "到达站", receipt.destination),
            (165, "车牌号", receipt.vehicle),
            (222, "司机", receipt.driver),
        ):
            self._print(x, 29.5, self._word(head))
            self._fill(x + 19, 29.5, words, 34)
        self._party(0, "发货单位", receipt.shipper)
        self._party(136.5, "收货单位", receipt.consignee)
        self._goods()
        self._money()
        self._signatures()
        return (self._x + 200 * k, self._y + 146 * k, 60 * k, 28 * k)

    def _goods(self) -> None:
        columns = (0, 78, 108, 133, 168, 203, 273)
        heads = ("货物名称", "包装", "件数", "重量(kg)", "体积(m³)", "运费(元)")
        items = self._receipt.items[:5]
        for index, head in enumerate(heads):
            x, w = columns[index], columns[index + 1] - columns[index]
            self._box(x, 70, w, 8)
            self._box(x, 78, w, 40)
            self._print(x + 3, 75.7, self._word(head))
        for row, item in enumerate(items):
            for index, words in enumerate(
                (
                    item.goods,
                    item.package,
                    f"{item.pieces}",
                    f"{item.weight / 10:.1f}",
                    f"{item.volume / 1000:.3f}",
                    money(item.freight),
                )
            ):
                width = columns[index + 1] - columns[index] - 6
                self._fill(columns[index] + 3, 84.5 + 7.5 * row, words, width)

    def _money(self) -> None:
        receipt = self._receipt
        self._box(0, 118, 273, 10)
        for x, head, words in (
            (3, "运费", money(receipt.freight)),
            (66, "保价费", money(receipt.insurance)),
            (128, "送货费", money(receipt.delivery_fee)),
            (200, "付款方式", receipt.payment),
        ):
            self._print(x, 124.5, self._word(head))
            self._fill(x + 22, 124.5, words, 38)
        self._box(0, 128, 273, 10)
        self._print(3, 134.5, self._word("合计金额"))
        total = f"¥{money(receipt.amount)}  （{capitals(receipt.amount, receipt.script)}）"
        self._fill(30, 134.5, total, 160, 12)
        self._print(200, 134.5, self._word("订单号"))
        self._fill(220, 134.5, receipt.order, 48)

    def _signatures(self) -> None:
        receipt = self._receipt
        self._box(0, 138, 98, 46)
        self._print(3, 145, self._word("备注"))
        for index, line in enumerate(
            wrap(self._canvas, receipt.remark, 10.5 * self._k, "song", 88 * self._k)
        ):
            self._fill(3, 153 + 7 * index, line, 92)
        self._box(98, 138, 65, 46)
        self._print(101, 145, f"{self._word('承运人签字')}：")
        self._fill(101, 154, receipt.driver, 55, 12)
        self._box(163, 138, 110, 46)
        self._print(166, 145, f"{self._word('收货单位（盖章）')}：")
        self._print(166, 154, f"{self._word('收货人签章')}：")
        for x in (101, 166):
            self._print(x, 180, self._word("日期：    年  月  日"), 9)


def draw(canvas: Canvas, receipt: Receipt, ink: Colour = (0.1, 0.3, 0.55)) -> Spot:
    """Draw `receipt` as a waybill; it has room for five items."""
    return _Waybill(canvas, receipt, ink).draw()
