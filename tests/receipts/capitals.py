"""Sums in financial numerals, as the People's Bank wants them written (支付结算办法, annex 1)."""

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_UNITS = ("仟", "佰", "拾", "")
_GROUPS = ("亿", "万", "")


def in_capitals(cents: int) -> str:
    """12805 gives 壹佰贰拾捌元零伍分."""
    yuan, jiao, fen = cents // 100, cents // 10 % 10, cents % 10
    said = f"{_whole(yuan)}元" if yuan else ""
    if not jiao and not fen:
        return f"{said or '零元'}整"
    if jiao:
        said += f"{_DIGITS[jiao]}角"
    elif said:
        said += "零"
    return said + (f"{_DIGITS[fen]}分" if fen else "整")


def _whole(number: int) -> str:
    said = ""
    for position, group in enumerate(_GROUPS):
        part = number // 10 ** (8 - 4 * position) % 10_000
        if not part:
            continue
        if said and part < 1000:
            said += "零"
        said += _below_ten_thousand(part) + group
    return said


def _below_ten_thousand(number: int) -> str:
    said, gap = "", False
    for position, unit in enumerate(_UNITS):
        digit = number // 10 ** (3 - position) % 10
        if not digit:
            gap = bool(said)
            continue
        said += ("零" if gap else "") + _DIGITS[digit] + unit
        gap = False
    return said
