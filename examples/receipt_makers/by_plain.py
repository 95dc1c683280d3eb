"""Files as in-house systems write them, without a PDF library: page boxes, trees and updates."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Literal

from receipt_makers import content, forms
from receipt_makers.canvas import MM, Spot
from receipt_makers.draw_plain import PlainCanvas
from receipt_makers.forms import Form
from receipt_makers.model import Job, Receipt, Script
from receipt_makers.plain_file import Objects, PlainFile, stream, text_string

_STAMP: Final = "回传签收时间："


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What is unusual about a file; `origin` in points, `margin` in millimetres."""

    rotate: int = 0
    origin: tuple[int, int] = (0, 0)
    margin: float = 0.0
    unit: float = 1.0
    tree: Literal["flat", "inherited", "nested"] = "flat"
    streams: int = 1
    annotations: Literal["", "direct", "indirect"] = ""
    field: bool = False
    version: str = "1.4"
    catalog_version: str = ""
    eol: bytes = b"\n"
    xref: Literal["table", "stream"] = "table"
    updates: int = 0


class _Geometry:
    """From the page as it is seen to the page as it is stored."""

    def __init__(self, form: Form, shape: Shape) -> None:
        self._shape = shape
        self._w = form.width * MM / shape.unit
        self._h = form.height * MM / shape.unit
        turned = shape.rotate % 180 == 90  # noqa: PLR2004 (degrees)
        self._media = (self._h, self._w) if turned else (self._w, self._h)
        edge = shape.margin * MM / shape.unit
        self._x0, self._y0 = shape.origin[0] + edge, shape.origin[1] + edge
        self._edge = edge

    def _turn(self) -> tuple[float, float, float, float, float, float]:
        w, h = self._media
        return {
            0: (1.0, 0.0, 0.0, 1.0, 0.0, 0.0),
            90: (0.0, 1.0, -1.0, 0.0, w, 0.0),
            180: (-1.0, 0.0, 0.0, -1.0, w, h),
            270: (0.0, -1.0, 1.0, 0.0, 0.0, h),
        }[self._shape.rotate]

    def operators(self) -> list[str]:
        """What comes before the page's own operators."""
        turn = " ".join(f"{v:.3f}".rstrip("0").rstrip(".") for v in self._turn())
        scale = 1 / self._shape.unit
        return [
            "q",
            f"1 0 0 1 {self._x0:.3f} {self._y0:.3f} cm",
            f"{turn} cm",
            f"{scale:g} 0 0 {scale:g} 0 0 cm",
        ]

    def rectangle(self, spot: Spot) -> str:
        """`spot`, in millimetres of the page as it is seen, as an annotation's /Rect."""
        x, y, w, h = spot
        a, b, c, d, e, f = self._turn()
        corners = []
        for px, py in ((x, y + h), (x + w, y)):
            sx, sy = px * MM / self._shape.unit, self._h - py * MM / self._shape.unit
            corners.append((a * sx + c * sy + e + self._x0, b * sx + d * sy + f + self._y0))
        (x1, y1), (x2, y2) = corners
        box = (min(x1, x2), min(y1, y2), max(x1, x2), max(y1, y2))
        return "[" + " ".join(f"{v:.2f}" for v in box) + "]"

    def boxes(self) -> str:
        """The entries for the page's boxes and for how it is shown."""
        w, h = self._media
        x, y = self._shape.origin
        out = f"/MediaBox [{x} {y} {x + w + 2 * self._edge:.2f} {y + h + 2 * self._edge:.2f}]"
        if self._edge:
            crop = (self._x0, self._y0, self._x0 + w, self._y0 + h)
            out += " /CropBox [" + " ".join(f"{v:.2f}" for v in crop) + "]"
        if self._shape.rotate:
            out += f" /Rotate {self._shape.rotate}"
        return out


class _Maker:
    """One file, from the receipt to its bytes."""

    def __init__(self, form: Form, shape: Shape, receipt: Receipt) -> None:
        self._shape, self._receipt = shape, receipt
        self._objects = Objects()
        self._geometry = _Geometry(form, shape)
        self._canvas = PlainCanvas(form.width, form.height, sans=form.sans)
        self._spot = form.draw(self._canvas, receipt)
        self._root, self._info = self._objects.reserve(), self._objects.reserve()
        self._field = self._objects.reserve() if shape.field else 0
        self._stamp = f"{_STAMP}{receipt.delivered:%Y-%m-%d %H:%M}"

    def make(self) -> bytes:
        """The whole file."""
        resources, pages = self._canvas.write(self._objects, self._stamp)
        boxes = self._geometry.boxes()
        attributes = f"{boxes} /Resources {resources}"
        tree = self._objects.reserve()
        inherits = self._shape.tree != "flat"
        own = "" if inherits else attributes
        nested = self._shape.tree == "nested"
        parents = [self._objects.reserve() for _ in pages] if nested else [tree for _ in pages]
        kids = []
        for index, (operators, parent) in enumerate(zip(pages, parents, strict=True)):
            kids.append(self._page(operators, parent, own, last=index == len(pages) - 1))
        if nested:
            for parent, kid in zip(parents, kids, strict=True):
                self._objects.put(
                    parent, f"<</Type /Pages /Parent {tree} 0 R /Kids [{kid} 0 R] /Count 1>>"
                )
            kids = self._pair_up(parents, tree)
        listed = " ".join(f"{kid} 0 R" for kid in kids)
        shared = attributes if inherits else ""
        self._objects.put(tree, f"<</Type /Pages /Kids [{listed}] /Count {len(pages)} {shared}>>")
        self._close(tree)
        return self._write()

    def _pair_up(self, nodes: list[int], tree: int) -> list[int]:
        """Put all but the last node under one more node, so that branches differ in depth."""
        *front, last = nodes
        if not front:
            return nodes
        middle = self._objects.reserve()
        for node in front:
            body = self._objects.bodies[node].replace(b"%d 0 R" % tree, b"%d 0 R" % middle, 1)
            self._objects.bodies[node] = body
        listed = " ".join(f"{node} 0 R" for node in front)
        count = len(front)
        self._objects.put(
            middle, f"<</Type /Pages /Parent {tree} 0 R /Kids [{listed}] /Count {count}>>"
        )
        return [middle, last]

    def _page(self, operators: list[str], parent: int, own: str, *, last: bool) -> int:
        number = self._objects.reserve()
        lines = [*self._geometry.operators(), *operators, "Q"]
        size = -(-len(lines) // self._shape.streams)
        contents = [
            self._objects.stream("", "\n".join(lines[start : start + size]).encode())
            for start in range(0, len(lines), size)
        ]
        listed = " ".join(f"{stream_number} 0 R" for stream_number in contents)
        unit = f" /UserUnit {self._shape.unit:g}" if self._shape.unit != 1 else ""
        annotations = self._annotations(number) if last else ""
        self._last = number
        self._last_contents = listed
        self._last_entries = f"/Type /Page /Parent {parent} 0 R {own}{unit}{annotations}"
        value = listed if len(contents) == 1 else f"[{listed}]"
        self._objects.put(number, f"<<{self._last_entries} /Contents {value}>>")
        return number

    def _annotations(self, page: int) -> str:
        link = (
            "<</Type /Annot /Subtype /Link /Border [0 0 0] /F 4"
            f" /Rect {self._geometry.rectangle((60, 10, 70, 14))}"
            f" /A <</S /URI /URI (https://tms.example.com/w/{self._receipt.number})>>>>"
        )
        if self._shape.annotations == "direct":
            return f" /Annots [{link}]"
        listed = []
        if self._shape.annotations == "indirect":
            note = (
                f"<</Type /Annot /Subtype /Text /Name /Note /F 28 /P {page} 0 R"
                f" /Rect {self._geometry.rectangle((2, 2, 6, 6))}"
                f" /T {text_string('调度')} /Contents {text_string('已电话预约')}>>"
            )
            listed = [self._objects.add(link), self._objects.add(note)]
        if self._field:
            listed.append(
                self._objects.add(
                    f"<</Type /Annot /Subtype /Widget /Parent {self._field} 0 R /P {page} 0 R"
                    f" /F 4 /Rect {self._geometry.rectangle(self._spot)}>>"
                )
            )
            self._objects.put(
                self._field, f"<</FT /Sig /T (ConsigneeSeal) /Kids [{listed[-1]} 0 R]>>"
            )
        if not listed:
            return ""
        array = self._objects.add("[" + " ".join(f"{number} 0 R" for number in listed) + "]")
        return f" /Annots {array} 0 R"

    def _close(self, tree: int) -> None:
        version = self._shape.catalog_version
        entries = f" /Version /{version}" if version else ""
        if self._field:
            entries += f" /AcroForm <</Fields [{self._field} 0 R]>>"
        self._objects.put(self._root, f"<</Type /Catalog /Pages {tree} 0 R{entries}>>")
        self._objects.put(self._info, self._information(0))

    def _information(self, revision: int) -> str:
        day = f"D:{self._receipt.issued:%Y%m%d}"
        return (
            f"<</Title {text_string('回单 ' + self._receipt.number)} /Producer (TMS print 3.2)"
            f" /CreationDate ({day}080000+08'00') /ModDate ({day}08{revision:02d}00+08'00')>>"
        )

    def _write(self) -> bytes:
        shape = self._shape
        file = PlainFile.begin(
            self._objects, root=self._root, info=self._info, version=shape.version, eol=shape.eol
        )
        end = file.end_with_table if shape.xref == "table" else file.end_with_stream
        end()
        step = 1 if shape.xref == "table" else 2  # a cross-reference stream takes a number
        after = max(self._objects.bodies) + step
        for revision in range(1, shape.updates + 1):
            file.change(self._update(revision, after))
            end()
            after += step
        return file.data

    def _update(self, revision: int, number: int) -> dict[int, bytes]:
        """What the driver's handset adds when it reports back: a line of text."""
        words = self._stamp if revision == 1 else self._stamp[len(_STAMP) :]
        base = 24 + 14 * (revision - 1)
        text = self._canvas.words(words, 10)
        lines = [*self._geometry.operators(), f"BT 40 {base} Td {text} ET Q"]
        self._last_contents += f" {number} 0 R"
        page = f"<<{self._last_entries} /Contents [{self._last_contents}]>>"
        return {
            self._info: self._information(revision).encode(),
            self._last: page.encode(),
            number: stream("", "\n".join(lines).encode()),
        }


def _make(receipt: Receipt, path: Path, *, form: Form, shape: Shape) -> None:
    path.write_bytes(_Maker(form, shape, receipt).make())


def _job(
    number: int,
    feature: str,
    form: Form,
    shape: Shape,
    *,
    items: int = 0,
    script: Script = "hans",
    file: str = "",
) -> Job:
    return Job(
        producer="plain",
        file=file or forms.file_name("plain", form, feature, number),
        receipt=content.receipt(number, items=items or form.items, script=script),
        make=partial(_make, form=form, shape=shape),
    )


def jobs() -> list[Job]:
    """All files of this producer."""
    a4, wide = forms.A4_GREY, forms.A4_LANDSCAPE_PURPLE
    a5, label, roll = forms.A5_WAYBILL, forms.LABEL, forms.ROLL_80
    turned = Shape(rotate=90, tree="inherited", margin=3)
    tree = Shape(tree="nested", version="1.4")
    far = Shape(rotate=270, origin=(120, 340), version="1.6")
    stream_update = Shape(xref="stream", version="1.5", updates=1)
    field = Shape(field=True, annotations="indirect", version="1.7")
    return [
        _job(601, "page-tree-3-pages", a4, tree, items=58),
        _job(602, "inherited-rotate-90", wide, turned),
        _job(603, "origin-negative", a5, Shape(origin=(-36, -72))),
        _job(604, "origin-positive", label, Shape(origin=(100, 200), version="1.3")),
        _job(605, "crop-box", a4, Shape(margin=8, version="1.5")),
        _job(606, "user-unit-2", a4, Shape(unit=2, version="1.6")),
        _job(607, "rotate-90", wide, Shape(rotate=90)),
        _job(608, "rotate-180", forms.A5, Shape(rotate=180)),
        _job(609, "rotate-270-origin", wide, far),
        _job(610, "contents-array", a4, Shape(streams=3)),
        _job(611, "annots-direct", forms.A5, Shape(annotations="direct")),
        _job(612, "annots-indirect", a4, Shape(annotations="indirect", version="1.7")),
        _job(613, "line-ends-cr", roll, Shape(eol=b"\r")),
        _job(614, "line-ends-crlf", forms.ROLL_58, Shape(eol=b"\r\n", catalog_version="1.6")),
        _job(615, "updated-once", forms.A4, Shape(updates=1)),
        _job(616, "updated-twice", forms.A5, Shape(updates=2, streams=2)),
        _job(617, "updated-xref-stream", a4, stream_update),
        _job(618, "signature-field-kid", a4, field),
        _job(619, "", label, Shape(xref="stream", version="1.7"), file="运单 标签（补打）0619.pdf"),
        _job(620, "traditional", a4, Shape(tree="inherited"), script="hant"),
    ]
