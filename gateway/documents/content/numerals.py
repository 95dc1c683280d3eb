"""Chinese numerals, plain and financial: 壹仟贰佰捌拾, 一千二百八十."""

from typing import Final

_DIGITS: Final = {
    character: value
    for value, forms in enumerate(
        (
            "零〇",
            "一壹弌",
            "二贰貳貮两兩",
            "三叁參叄",
            "四肆",
            "五伍",
            "六陆陸",
            "七柒",
            "八捌",
            "九玖",
        )
    )
    for character in forms
}
_TENS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_GROUPS: Final = (("亿億", 10**8), ("万萬", 10**4))

NUMERALS: Final = "".join((*_DIGITS, *_TENS, *(forms for forms, _ in _GROUPS)))
"""Every character that a numeral is made of."""


def value_of(text: str) -> int | None:
    """What the numeral says; None where it says nothing that all people would read alike."""
    for forms, group in _GROUPS:
        position = max(text.rfind(form) for form in forms)
        if position < 0:
            continue
        # 万亿 is a million millions, so what stands before 亿 may have a group of its own.
        left, right = value_of(text[:position]), value_of(text[position + 1 :] or "零")
        if left is None or right is None or right >= group or not text[:position]:
            return None
        return left * group + right
    return _below_ten_thousand(text)


def _below_ten_thousand(text: str) -> int | None:
    total, digit, last_unit = 0, None, 10_000
    for character in text:
        if character in _DIGITS:
            if digit:
                return None  # 壹贰 is twelve to some, and no number to others
            digit = _DIGITS[character]
            continue
        unit = _TENS[character]
        if unit >= last_unit:
            return None
        if digit is None and not (unit == _TENS["十"] and total == 0):  # 拾伍 is fifteen
            return None
        total += unit * (1 if digit is None else digit)
        digit, last_unit = None, unit
    return total + (digit or 0)
