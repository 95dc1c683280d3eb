"""The forms by paper size, and the names of the files they end up in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from receipt_makers import label, roll, sheet, waybill
from receipt_makers.canvas import Canvas, Colour, Spot
from receipt_makers.model import Receipt


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A layout on paper of one size, in millimetres, and how many items it is meant for.

    `sans`: what is filled in has the same face as what is printed.
    """

    name: str
    width: float
    height: float
    draw: Callable[[Canvas, Receipt], Spot]
    items: int
    sans: bool = False


_GREEN: Final = sheet.Style(rules=(0.1, 0.35, 0.2), head_fill=(0.91, 0.96, 0.92))
_RED: Final = sheet.Style(rules=(0.62, 0.12, 0.12), title="签收单", with_barcode=False)
_GREY: Final = sheet.Style(head_fill=(0.9, 0.9, 0.9))
_PURPLE: Final[Colour] = (0.35, 0.15, 0.45)


def _green(canvas: Canvas, receipt: Receipt) -> Spot:
    return sheet.draw(canvas, receipt, _GREEN)


def _red(canvas: Canvas, receipt: Receipt) -> Spot:
    return sheet.draw(canvas, receipt, _RED)


def _grey(canvas: Canvas, receipt: Receipt) -> Spot:
    return sheet.draw(canvas, receipt, _GREY)


def _purple(canvas: Canvas, receipt: Receipt) -> Spot:
    return waybill.draw(canvas, receipt, _PURPLE)


A4: Final = Form(name="a4", width=210, height=297, draw=sheet.draw, items=6)
A4_GREEN: Final = Form(name="a4", width=210, height=297, draw=_green, items=8, sans=True)
A4_RED: Final = Form(name="a4", width=210, height=297, draw=_red, items=4)
A4_GREY: Final = Form(name="a4", width=210, height=297, draw=_grey, items=7, sans=True)
A4_LANDSCAPE: Final = Form(name="a4-landscape", width=297, height=210, draw=waybill.draw, items=5)
A4_LANDSCAPE_PURPLE: Final = Form(
    name="a4-landscape", width=297, height=210, draw=_purple, items=3, sans=True
)
A5: Final = Form(name="a5", width=148, height=210, draw=_grey, items=4, sans=True)
A5_LANDSCAPE: Final = Form(
    name="a5-landscape", width=210, height=148, draw=_red, items=3, sans=True
)
A5_WAYBILL: Final = Form(name="a5-landscape", width=210, height=148, draw=waybill.draw, items=4)
ROLL_80: Final = Form(name="roll80", width=80, height=200, draw=roll.draw, items=3, sans=True)
ROLL_58: Final = Form(name="roll58", width=58, height=200, draw=roll.draw, items=3, sans=True)
LABEL: Final = Form(name="label", width=100, height=150, draw=label.draw, items=2, sans=True)


def file_name(producer: str, form: Form, feature: str, number: int) -> str:
    """`reportlab-a4-outline-003.pdf`."""
    return (
        "-".join(part for part in (producer, form.name, feature, f"{number:03d}") if part) + ".pdf"
    )
