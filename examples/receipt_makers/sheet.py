"""货物签收回单: the sheet that comes back with the driver, on A4 or A5, upright or lying."""

from dataclasses import dataclass
from typing import Final

from receipt_makers import barcode
from receipt_makers.canvas import BLACK, GREY, Align, Canvas, Colour, Face, Spot, fitted, wrap
from receipt_makers.model import Item, Receipt
from receipt_makers.words import capitals, money, word

_COLUMNS: Final = (
    ("序号", 0.07),
    ("货物名称", 0.31),
    ("包装", 0.11),
    ("件数", 0.09),
    ("重量(kg)", 0.14),
    ("体积(m³)", 0.13),
    ("运费(元)", 0.15),
)
_ROW: Final = 7.5
_TAIL: Final = 74.0
"""Height, before scaling, of everything below the items: totals, remark, signatures, footer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How one carrier's stationery looks."""

    title: str = "货物签收回单"
    rules: Colour = BLACK
    head_fill: Colour | None = None
    with_barcode: bool = True


class _Sheet:
    """One receipt on its way onto a canvas, from top to bottom."""

    def __init__(self, canvas: Canvas, receipt: Receipt, style: Style) -> None:
        self._canvas = canvas
        self._receipt = receipt
        self._style = style
        self._scale = min(1.0, canvas.width / 205, canvas.height / 215)
        self._left = max(6.0, 0.05 * canvas.width)
        self._width = canvas.width - 2 * self._left
        self._y = self._left

    def draw(self) -> Spot:
        """Draw all pages; the spot is on the last one."""
        self._heading()
        self._parties()
        rest = list(enumerate(self._receipt.items, start=1))
        while True:
            rest = self._items(rest)
            if not rest:
                break
            self._note("转下页")
            self._canvas.next_page()
            self._y = self._left
            self._heading()
            self._note("接上页")
        self._totals()
        return self._signatures()

    def _word(self, text: str) -> str:
        return word(text, self._receipt.script)

    def _mm(self, length: float) -> float:
        return length * self._scale

    def _pt(self, size: float) -> float:
        return size * self._scale

    def _cell(
        self,
        x: float,
        w: float,
        h: float,
        words: str,
        *,
        face: Face = "song",
        align: Align = "left",
        fill: Colour | None = None,
    ) -> None:
        canvas, pad = self._canvas, self._mm(1.5)
        canvas.box(x, self._y, w, h, colour=self._style.rules, fill=fill)
        size = fitted(canvas, words, self._pt(10), face, w - 2 * pad)
        at = {"left": x + pad, "centre": x + w / 2, "right": x + w - pad}[align]
        colour = self._style.rules if face == "hei" else BLACK
        base = self._y + h / 2 + size * 0.13
        canvas.text(at, base, words, size=size, face=face, align=align, colour=colour)

    def _heading(self) -> None:
        canvas, receipt, middle = self._canvas, self._receipt, self._canvas.width / 2
        rules = self._style.rules
        self._y += self._mm(5)
        canvas.text(middle, self._y, receipt.carrier, size=self._pt(12), face="hei", align="centre")
        self._y += self._mm(9)
        title = self._word(self._style.title)
        size = self._pt(19)
        canvas.text(middle, self._y, title, size=size, face="hei", align="centre", colour=rules)
        right = self._left + self._width
        if self._style.with_barcode:
            place = (right - self._mm(58), self._left, self._mm(58), self._mm(9))
            barcode.draw(canvas, receipt.number, place)
        number = f"{self._word('运单号')}：{receipt.number}"
        canvas.text(right, self._y, number, size=self._pt(10), face="hei", align="right")
        copy = self._word("第三联 回单联")
        canvas.text(self._left, self._y, copy, size=self._pt(9), face="hei", colour=rules)
        self._y += self._mm(4)

    def _parties(self) -> None:
        receipt, h, half = self._receipt, self._mm(8), self._width / 2
        label, x = self._mm(24), self._left
        rows = (
            ("发货单位", receipt.shipper.company, "收货单位", receipt.consignee.company),
            ("联系人", receipt.shipper.contact, "联系人", receipt.consignee.contact),
            ("电话", receipt.shipper.phone, "电话", receipt.consignee.phone),
            ("地址", receipt.shipper.address, "地址", receipt.consignee.address),
            ("始发站", receipt.origin, "到达站", receipt.destination),
            ("托运日期", f"{receipt.issued}", "订单号", receipt.order),
            ("车牌号", f"{receipt.vehicle}  {receipt.driver}", "付款方式", receipt.payment),
        )
        for row in rows:
            for index in (0, 1):
                at = x + index * half
                head = self._word(row[2 * index])
                fill = self._style.head_fill
                self._cell(at, label, h, head, face="hei", align="centre", fill=fill)
                self._cell(at + label, half - label, h, row[2 * index + 1])
            self._y += h
        self._y += self._mm(3)

    def _items(self, rest: list[tuple[int, Item]]) -> list[tuple[int, Item]]:
        """Draw as many items as the page holds and give back the others."""
        h, fill = self._mm(_ROW), self._style.head_fill
        self._row(tuple(self._word(name) for name, _ in _COLUMNS), "hei", fill)
        bottom = self._canvas.height - self._left - self._mm(_TAIL)
        room = int((bottom - self._y) // h)
        if room < len(rest):  # the signatures go on a later page: fill this one
            room += int(self._mm(_TAIL - 12) // h)
            room = min(room, len(rest) - 1)
        for number, item in rest[:room]:
            self._row(
                (
                    f"{number}",
                    item.goods,
                    item.package,
                    f"{item.pieces}",
                    f"{item.weight / 10:.1f}",
                    f"{item.volume / 1000:.3f}",
                    money(item.freight),
                ),
                "song",
                None,
            )
        return rest[room:]

    def _row(self, cells: tuple[str, ...], face: Face, fill: Colour | None) -> None:
        x, h = self._left, self._mm(_ROW)
        for index, (words, (_, share)) in enumerate(zip(cells, _COLUMNS, strict=True)):
            align: Align = "left" if index == 1 and face == "song" else "centre"
            if index > 3 and face == "song":  # noqa: PLR2004 (the columns of numbers)
                align = "right"
            width = share * self._width
            self._cell(x, width, h, words, face=face, align=align, fill=fill)
            x += width
        self._y += h

    def _note(self, text: str) -> None:
        self._y += self._mm(4)
        right = self._left + self._width
        size = self._pt(9)
        self._canvas.text(right, self._y, self._word(text), size=size, align="right", colour=GREY)
        self._y += self._mm(2)

    def _totals(self) -> None:
        receipt, h, x = self._receipt, self._mm(8), self._left
        label = self._mm(24)
        pieces = sum(item.pieces for item in receipt.items)
        sums = (
            f"{self._word('件数')} {pieces}    {self._word('运费')} {money(receipt.freight)}    "
            f"{self._word('保价费')} {money(receipt.insurance)}    "
            f"{self._word('送货费')} {money(receipt.delivery_fee)}"
        )
        total = (
            f"¥{money(receipt.amount)}    {self._word('大写')}："
            f"{capitals(receipt.amount, receipt.script)}"
        )
        for head, words in (("合计", sums), ("合计金额", total), ("备注", receipt.remark)):
            fill = self._style.head_fill
            self._cell(x, label, h, self._word(head), face="hei", align="centre", fill=fill)
            self._cell(x + label, self._width - label, h, words)
            self._y += h

    def _signatures(self) -> Spot:
        canvas, receipt, h = self._canvas, self._receipt, self._mm(40)
        third, size = self._width / 4, self._pt(10)
        date = self._word("日期：    年  月  日")
        for index, (head, name) in enumerate(
            (
                ("发货人签字", receipt.shipper.contact),
                ("承运人签字", receipt.driver),
                ("收货单位（盖章）", receipt.consignee.company),
            )
        ):
            x, w = self._left + index * third, third * (1 if index < 2 else 2)  # noqa: PLR2004
            canvas.box(x, self._y, w, h, colour=self._style.rules)
            pad = x + self._mm(2)
            words = f"{self._word(head)}："
            canvas.text(pad, self._y + self._mm(6), words, size=size, face="hei")
            small = fitted(canvas, name, size, "song", w - self._mm(4))
            canvas.text(pad, self._y + self._mm(12), name, size=small)
            canvas.text(pad, self._y + h - self._mm(4), date, size=size)
        sign = f"{self._word('收货人签章')}："
        x = self._left + 2 * third + self._mm(2)
        canvas.text(x, self._y + self._mm(20), sign, size=size, face="hei")
        spot = (x + self._mm(30), self._y + self._mm(14), self._mm(42), self._mm(20))
        self._y += h + self._mm(4.5)
        advice = self._word("货物外包装完好，件数无误，请在此签章确认。")
        foot = f"{advice}  {self._word('客服热线')} {receipt.hotline}"
        for line in wrap(canvas, foot, self._pt(8), "song", self._width):
            canvas.text(self._left, self._y, line, size=self._pt(8), colour=GREY)
            self._y += self._mm(4)
        return spot


def draw(canvas: Canvas, receipt: Receipt, style: Style | None = None) -> Spot:
    """Draw `receipt` as a sheet; long ones take several pages, the last has the signatures."""
    return _Sheet(canvas, receipt, style or Style()).draw()
