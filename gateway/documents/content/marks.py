"""What tells that a number is a sum of renminbi, as pieces of regular expressions."""

from typing import Final

POWERS: Final = {"十": 1, "百": 2, "千": 3, "万": 4, "萬": 4, "亿": 8, "億": 8}
"""Which power of ten a word behind digits multiplies them by."""

POWER: Final = "".join(POWERS)
YUAN: Final = "元圆圓"
MARK: Final = r"(?:¥|(?i:RMB|CNY)|(?:人民币|人民幣)(?:\((?:大写|小写|大寫|小寫|元)\))?)"
MINUS: Final = "-\u2212\u2013"
CAPITAL: Final = "壹弌贰貳貮叁參叄肆伍陆陸柒捌玖拾佰仟"

RUN: Final = r"[0-9](?:[0-9]|[.,'’·](?=[0-9]))*"
"""Digits and what parts them; whether they are a number is another question."""
