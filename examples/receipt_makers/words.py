"""The words on the forms in both scripts, and amounts of money as Chinese forms write them."""

from typing import Final

from receipt_makers.model import Script

_HANT: Final = {
    "货物签收回单": "貨物簽收回單",
    "公路货物运单": "公路貨物運單",
    "签收单": "簽收單",
    "配送签收联": "配送簽收聯",
    "运单号": "運單號",
    "订单号": "訂單號",
    "发货单位": "發貨單位",
    "收货单位": "收貨單位",
    "收货人签章": "收貨人簽章",
    "收货单位（盖章）": "收貨單位（蓋章）",
    "联系人": "聯絡人",
    "电话": "電話",
    "地址": "地址",
    "承运单位": "承運單位",
    "承运人签字": "承運人簽字",
    "发货人签字": "發貨人簽字",
    "始发站": "始發站",
    "到达站": "到達站",
    "车牌号": "車牌號",
    "司机": "司機",
    "托运日期": "託運日期",
    "签收时间": "簽收時間",
    "付款方式": "付款方式",
    "序号": "序號",
    "货物名称": "貨物名稱",
    "包装": "包裝",
    "件数": "件數",
    "重量(kg)": "重量(kg)",
    "体积(m³)": "體積(m³)",
    "运费(元)": "運費(元)",
    "合计": "合計",
    "运费": "運費",
    "保价费": "保價費",
    "送货费": "送貨費",
    "合计金额": "合計金額",
    "大写": "大寫",
    "备注": "備註",
    "日期：    年  月  日": "日期：    年  月  日",
    "客服热线": "客服熱線",
    "第三联 回单联": "第三聯 回單聯",
    "货物外包装完好，件数无误，请在此签章确认。": "貨物外包裝完好，件數無誤，請在此簽章確認。",
    "打印时间": "列印時間",
    "接上页": "接上頁",
    "转下页": "轉下頁",
}
_DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_HANT_CAPITALS: Final = str.maketrans("贰叁陆万圆", "貳參陸萬圓")


def word(text: str, script: Script) -> str:
    """The form's word `text`, which is given in simplified characters, in `script`.

    Raises:
        KeyError: the word has no traditional form in this table.
    """
    return text if script == "hans" else _HANT[text]


def money(cents: int) -> str:
    """`1234567` as `12,345.67`."""
    return f"{cents // 100:,}.{cents % 100:02d}"


def _group(value: int) -> str:
    """A number from 1 to 9999 in capital numerals, with one 零 for each gap."""
    out, gap = "", False
    for power, unit in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit = value // power % 10
        if digit:
            out += ("零" if gap else "") + _DIGITS[digit] + unit
        gap = not digit and bool(out)
    return out


def capitals(cents: int, script: Script) -> str:
    """`1234567` as 壹万贰仟叁佰肆拾伍元陆角柒分, which cannot be altered with one stroke."""
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    high, low = yuan // 10_000, yuan % 10_000
    out = f"{_group(high)}万" if high else ""
    if high and 0 < low < 1000:  # noqa: PLR2004 (the thousands' place is empty)
        out += "零"
    out += _group(low) + "元"
    if jiao:
        out += _DIGITS[jiao] + "角"
    elif fen:
        out += "零"
    out += _DIGITS[fen] + "分" if fen else "整"
    return out if script == "hans" else out.translate(_HANT_CAPITALS)
