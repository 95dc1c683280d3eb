"""Receipts as flat OpenDocument files: what office templates and spreadsheets give."""

from collections.abc import Iterable
from typing import Final
from xml.sax.saxutils import escape

from receipt_makers.model import Receipt
from receipt_makers.words import capitals, money, word

_SPACES: Final = (
    " ".join(
        f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
        for prefix, name in (
            ("office", "office"),
            ("style", "style"),
            ("text", "text"),
            ("table", "table"),
            ("form", "form"),
            ("draw", "drawing"),
            ("meta", "meta"),
            ("number", "datastyle"),
            ("fo", "xsl-fo-compatible"),
            ("svg", "svg-compatible"),
        )
    )
    + ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def _head(receipt: Receipt, kind: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_SPACES} office:version="1.2"'
        f' office:mimetype="application/vnd.oasis.opendocument.{kind}">'
        f"<office:meta><dc:title>{receipt.number}</dc:title>"
        f"<meta:initial-creator>{escape(receipt.carrier)}</meta:initial-creator></office:meta>"
    )


def _layout(width: float, height: float, margin: float) -> str:
    orientation = "landscape" if width > height else "portrait"
    return (
        '<style:page-layout style:name="L"><style:page-layout-properties'
        f' fo:page-width="{width}mm" fo:page-height="{height}mm" fo:margin="{margin}mm"'
        f' style:print-orientation="{orientation}" style:scale-to-pages="1"'
        ' style:table-centering="horizontal"/>'
        "<style:header-style/><style:footer-style/></style:page-layout>"
    )


def _text(font: str, size: float, *, bold: bool = False, colour: str = "#000000") -> str:
    weight = "bold" if bold else "normal"
    return (
        f'<style:text-properties style:font-name="{font}" style:font-name-asian="{font}"'
        f' fo:font-family="\'{font}\'" style:font-family-asian="\'{font}\'" fo:color="{colour}"'
        f' fo:font-size="{size}pt" style:font-size-asian="{size}pt" fo:language="zh"'
        f' fo:country="CN" fo:font-weight="{weight}" style:font-weight-asian="{weight}"/>'
    )


def _faces(font: str) -> str:
    return (
        f'<office:font-face-decls><style:font-face style:name="{font}"'
        f" svg:font-family=\"'{font}'\"/></office:font-face-decls>"
    )


def _paragraph(style: str, words: str) -> str:
    return f'<text:p text:style-name="{style}">{escape(words)}</text:p>'


def facts(receipt: Receipt) -> Iterable[tuple[str, str, str, str]]:
    """The heads and words of the upper grid, row by row."""

    def say(text: str) -> str:
        return word(text, receipt.script)

    yield say("运单号"), receipt.number, say("订单号"), receipt.order
    yield say("发货单位"), receipt.shipper.company, say("收货单位"), receipt.consignee.company
    yield say("联系人"), receipt.shipper.contact, say("联系人"), receipt.consignee.contact
    yield say("电话"), receipt.shipper.phone, say("电话"), receipt.consignee.phone
    yield say("地址"), receipt.shipper.address, say("地址"), receipt.consignee.address
    yield say("始发站"), receipt.origin, say("到达站"), receipt.destination
    yield say("车牌号"), f"{receipt.vehicle} {receipt.driver}", say("托运日期"), f"{receipt.issued}"


_HEADS: Final = ("序号", "货物名称", "包装", "件数", "重量(kg)", "体积(m³)", "运费(元)")


def goods(receipt: Receipt) -> Iterable[tuple[str, ...]]:
    """The head and the rows of the items' table."""
    yield tuple(word(head, receipt.script) for head in _HEADS)
    for number, item in enumerate(receipt.items, start=1):
        yield (
            f"{number}",
            item.goods,
            item.package,
            f"{item.pieces}",
            f"{item.weight / 10:.1f}",
            f"{item.volume / 1000:.3f}",
            money(item.freight),
        )


def _table(name: str, widths: Iterable[float], rows: Iterable[tuple[str, ...]]) -> str:
    columns = "".join(f'<table:table-column table:style-name="{name}{w:g}"/>' for w in widths)
    body = "".join(
        "<table:table-row>"
        + "".join(
            '<table:table-cell table:style-name="C" office:value-type="string">'
            f"{_paragraph('Cell', words)}</table:table-cell>"
            for words in row
        )
        + "</table:table-row>"
        for row in rows
    )
    return f'<table:table table:name="{name}" table:style-name="T">{columns}{body}</table:table>'


def _field(receipt: Receipt) -> tuple[str, str]:
    """A text control for the pieces received: its form, and its place in the text."""
    pieces = sum(item.pieces for item in receipt.items)
    form = (
        '<office:forms form:automatic-focus="false" form:apply-design-mode="false">'
        '<form:form form:name="receipt"><form:text form:name="received_pieces"'
        ' form:control-implementation="ooo:com.sun.star.form.component.TextField"'
        ' xml:id="control1" form:id="control1" xmlns:ooo="http://openoffice.org/2004/office"'
        f' form:current-value="{pieces}" form:value="{pieces}"/></form:form></office:forms>'
    )
    place = (
        '<text:p text:style-name="Line">实收件数：<draw:control text:anchor-type="as-char"'
        ' draw:style-name="Field"'
        ' svg:width="30mm" svg:height="6mm" draw:control="control1"/></text:p>'
    )
    return form, place


def letter(
    receipt: Receipt,
    *,
    width: float,
    height: float,
    font: str,
    colour: str = "#1f3864",
    field: bool = False,
) -> str:
    """A text document (.fodt) on paper of `width` × `height` millimetres."""

    def say(text: str) -> str:
        return word(text, receipt.script)

    margin = 14.0 if min(width, height) > 200 else 9.0  # noqa: PLR2004 (A4 has room)
    size = 10 if min(width, height) > 200 else 8  # noqa: PLR2004
    room = width - 2 * margin
    four = [round(room * share, 1) for share in (0.13, 0.37, 0.13, 0.37)]
    seven = [round(room * share, 1) for share in (0.07, 0.31, 0.12, 0.1, 0.13, 0.13, 0.14)]
    three = [round(room * share, 1) for share in (0.25, 0.25, 0.5)]
    columns = "".join(
        f'<style:style style:name="{name}{w:g}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{w}mm"/></style:style>'
        for name, widths in (("Facts", four), ("Goods", seven), ("Sign", three))
        for w in sorted(set(widths))
    )
    styles = (
        f'<office:styles><style:default-style style:family="paragraph">{_text(font, size)}'
        "</style:default-style></office:styles><office:automatic-styles>"
        f'<style:style style:name="T" style:family="table"><style:table-properties'
        f' style:width="{room}mm" table:align="margins" fo:margin-top="2mm"/></style:style>'
        '<style:style style:name="C" style:family="table-cell"><style:table-cell-properties'
        f' fo:border="0.5pt solid {colour}" fo:padding="1mm"/></style:style>'
        f'{columns}<style:style style:name="Cell" style:family="paragraph">{_text(font, size)}'
        '</style:style><style:style style:name="Title" style:family="paragraph">'
        '<style:paragraph-properties fo:text-align="center" fo:margin-bottom="1mm"/>'
        f"{_text(font, size * 1.8, bold=True, colour=colour)}</style:style>"
        '<style:style style:name="Line" style:family="paragraph">'
        '<style:paragraph-properties fo:margin-top="1.2mm" fo:margin-bottom="1.2mm"/>'
        f"{_text(font, size)}</style:style>"
        '<style:style style:name="Field" style:family="graphic"><style:graphic-properties'
        ' style:vertical-pos="middle" style:vertical-rel="line"/></style:style>'
        f"{_layout(width, height, margin)}</office:automatic-styles>"
        '<office:master-styles><style:master-page style:name="Standard"'
        ' style:page-layout-name="L"/></office:master-styles>'
    )
    form, place = _field(receipt) if field else ("", "")
    gap = "\n" * (4 if height > 200 else 2)  # noqa: PLR2004
    sign = (
        f"{say('发货人签字')}：{receipt.shipper.contact}",
        f"{say('承运人签字')}：{receipt.driver}",
        f"{say('收货单位（盖章）')}：{gap}{say('收货人签章')}：{gap}{say('日期：    年  月  日')}",
    )
    total = (
        f"{say('合计金额')}：¥{money(receipt.amount)}　{say('大写')}："
        f"{capitals(receipt.amount, receipt.script)}　{say('付款方式')}：{receipt.payment}"
    )
    fees = (
        f"{say('保价费')} {money(receipt.insurance)}　{say('送货费')} {money(receipt.delivery_fee)}"
    )
    body = (
        f"{form}{_paragraph('Title', receipt.carrier)}{_paragraph('Title', say('货物签收回单'))}"
        f"{_table('Facts', four, facts(receipt))}{_paragraph('Cell', '')}"
        f"{_table('Goods', seven, goods(receipt))}{_paragraph('Line', fees)}"
        f"{_paragraph('Line', total)}{_paragraph('Line', say('备注') + '：' + receipt.remark)}"
        f"{place}{_table('Sign', three, [sign]).replace(chr(10), '<text:line-break/>')}"
        f"{_paragraph('Line', say('货物外包装完好，件数无误，请在此签章确认。'))}"
    )
    return (
        f"{_head(receipt, 'text')}{_faces(font)}{styles}"
        f"<office:body><office:text>{body}</office:text></office:body></office:document>"
    )


def spreadsheet(receipt: Receipt, *, width: float, height: float, font: str) -> str:
    """A spreadsheet (.fods) with one row for everything, as dispatchers keep it."""

    def say(text: str) -> str:
        return word(text, receipt.script)

    widths = [round((width - 24) * share, 1) for share in (0.11, 0.3, 0.11, 0.1, 0.12, 0.13, 0.13)]
    columns = "".join(
        f'<style:style style:name="co{index}" style:family="table-column">'
        f'<style:table-column-properties style:column-width="{w}mm"/></style:style>'
        for index, w in enumerate(widths)
    )
    border = 'fo:border="0.4pt solid #000000"'
    styles = (
        '<office:styles><style:style style:name="Default" style:family="table-cell">'
        f"{_text(font, 10)}</style:style></office:styles><office:automatic-styles>{columns}"
        '<style:style style:name="tall" style:family="table-row">'
        '<style:table-row-properties style:row-height="36mm"/></style:style>'
        '<style:style style:name="row" style:family="table-row">'
        '<style:table-row-properties style:row-height="8mm"/></style:style>'
        '<style:style style:name="grid" style:family="table-cell"'
        f' style:parent-style-name="Default"><style:table-cell-properties {border}'
        ' fo:padding="0.7mm" fo:wrap-option="wrap" style:vertical-align="middle"/></style:style>'
        '<style:style style:name="big" style:family="table-cell"'
        ' style:parent-style-name="Default"><style:paragraph-properties fo:text-align="center"/>'
        f'{_text(font, 17, bold=True)}</style:style><style:style style:name="sheet"'
        ' style:family="table" style:master-page-name="Default">'
        '<style:table-properties table:display="true"/></style:style>'
        f"{_layout(width, height, 12)}</office:automatic-styles><office:master-styles>"
        '<style:master-page style:name="Default" style:page-layout-name="L"/>'
        "</office:master-styles>"
    )

    def row(*cells: tuple[str, int], style: str = "grid", high: str = "row") -> str:
        out = f'<table:table-row table:style-name="{high}">'
        for words, span in cells:
            lines = "".join(f"<text:p>{escape(line)}</text:p>" for line in words.split("\n"))
            out += (
                f'<table:table-cell table:style-name="{style}" office:value-type="string"'
                f' table:number-columns-spanned="{span}" table:number-rows-spanned="1">'
                f"{lines}</table:table-cell>"
                + f'<table:covered-table-cell table:style-name="{style}"/>'
                * (span - 1)
            )
        return out + "</table:table-row>"

    rows = [row((f"{receipt.carrier}  {say('签收单')}", 7), style="big")]
    rows += [row((a, 1), (b, 2), (c, 1), (d, 3)) for a, b, c, d in facts(receipt)]
    rows += [row(*((words, 1) for words in line)) for line in goods(receipt)]
    rows += [
        row(
            (say("保价费"), 1),
            (money(receipt.insurance), 2),
            (say("送货费"), 1),
            (money(receipt.delivery_fee), 3),
        ),
        row(
            (say("合计金额"), 1),
            (f"¥{money(receipt.amount)}  {capitals(receipt.amount, receipt.script)}", 6),
        ),
        row((say("备注"), 1), (receipt.remark, 6)),
        row(
            (f"{say('承运人签字')}：\n{receipt.driver}", 3),
            (f"{say('收货单位（盖章）')}：\n\n{say('收货人签章')}：\n", 4),
            high="tall",
        ),
    ]
    listed = "".join(f'<table:table-column table:style-name="co{i}"/>' for i in range(7))
    return (
        f"{_head(receipt, 'spreadsheet')}{_faces(font)}{styles}<office:body><office:spreadsheet>"
        f'<table:table table:name="签收单" table:style-name="sheet">{listed}{"".join(rows)}'
        "</table:table></office:spreadsheet></office:body></office:document>"
    )
