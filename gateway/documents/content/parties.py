"""Which of some names stand in the text as the name of a party, and not as a part of another's.

东海物流有限公司 is not named by 新东海物流有限公司, nor by 东海物流有限公司上海分公司. Chinese has
no spaces, so a name must begin after a gap, punctuation or one of the words that introduce a party,
and end before a gap, punctuation or one of the words that go on about it.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from gateway.documents.placing.keywords import folded, keyword_pattern

_LABELS: Final = """
    单位 單位 名称 名稱 抬头 抬頭 客户 客戶 甲方 乙方 丙方 丁方 买方 買方 卖方 賣方 购方 购货方
    销货方 购买方 销售方 供方 需方 收方 付方 收货方 收貨方 发货方 發貨方 托运方 託運方 承运方
    承運方 发包方 承包方 出租方 承租方 委托方 受托方 收货人 收貨人 发货人 發貨人 托运人 託運人
    承运人 承運人 收款人 付款人 委托人 受托人 担保人 保证人 送至 发往 發往 运往 收到 兹有
    致 由 向 与 與 及 或 给 給
"""
_INTRODUCING: Final = tuple(_LABELS.split())
# What goes on after 公司 is no part of the name, unless it says 分公司; after 东海 it may well be.
_WHOLE_NAME: Final = (
    "公司",
    "集团",
    "集團",
    "厂",
    "廠",
    "中心",
    "合作社",
    "事务所",
    "經營部",
    "经营部",
)
_AROUND: Final = 12
_FOLLOWING: Final = tuple("与與和及或于於在向将將应應须已为為是签簽盖蓋收承委授")


def parties_in(texts: Iterable[str], names: Sequence[str]) -> tuple[str, ...]:
    """The names that are found, as they are given and in that order.

    Args:
        texts: lines, cells and what runs on from one into the next, folded (`placing.keywords`).
        names: to look for.
    """
    patterns = {name: keyword_pattern(name) for name in names}
    together = list(texts)
    return tuple(
        name
        for name, pattern in patterns.items()
        if pattern is not None and any(_names(text, pattern) for text in together)
    )


def _names(text: str, pattern: re.Pattern[str]) -> bool:
    return any(
        _begins(text[max(hit.start() - _AROUND, 0) : hit.start()], hit[0])
        and _ends(text[hit.end() : hit.end() + _AROUND], hit[0])
        for hit in pattern.finditer(text)
    )


def _begins(before: str, name: str) -> bool:
    before = _up_to_a_gap(before, name)
    # （上海）有限公司 is the end of a name, and （收货方） says what follows.
    if not _goes_on(before[-1:]) and not before.endswith(")"):
        return True
    return before.removesuffix(")").endswith(_INTRODUCING)


def _ends(after: str, name: str) -> bool:
    after = _up_to_a_gap(after[::-1], name)[::-1]
    if not _goes_on(after[:1]) and not after.startswith("("):
        return True
    return folded(name).endswith(_WHOLE_NAME) and after.startswith(("(", *_FOLLOWING))


def _up_to_a_gap(text: str, name: str) -> str:
    """In a name that is itself set apart, a space says nothing about where it begins or ends."""
    inner = [position for position, each in enumerate(name) if each == " "]
    return text.rstrip(" ") if inner and not _has_latin_beside(name, inner) else text


def _has_latin_beside(name: str, positions: Iterable[int]) -> bool:
    return all(
        name[each - 1].isascii() and name[each + 1 : each + 2].isascii() for each in positions
    )


def _goes_on(character: str) -> bool:
    return bool(character) and folded(character).isalnum()
