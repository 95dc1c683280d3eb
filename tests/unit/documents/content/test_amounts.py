"""Sums of money as they stand in documents, and the traps that are set with them."""

import pytest

from gateway.documents.content.amounts import amounts_in
from gateway.documents.content.errors import NoAnswerError
from gateway.documents.placing.keywords import folded


def amounts(*lines: str) -> tuple[int, ...]:
    return amounts_in(folded(line) for line in lines)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("¥1,280.00", 128000),
        ("￥１，２８０．００", 128000),
        ("¥ 1280", 128000),
        ("¥1280.5", 128050),
        ("合计金额：￥1,280.00（大写：壹仟贰佰捌拾元整）", 128000),
        ("RMB 1280.00", 128000),
        ("cny1,280.00", 128000),
        ("人民币：1280元", 128000),
        ("人民币（小写）1280.00", 128000),
        ("金额(元): 1280.00", 128000),
        ("1,280.00（元）", 128000),
        ("1280元5角6分", 128056),
        ("12.8万元", 12800000),
        ("¥1.5亿", 15000000000),
        ("2千元", 200000),
        ("100百万元", 10000000000),
        ("0.125元/公斤", 13),
        ("-¥100.00", -10000),
        ("¥-100.00", -10000),
        ("¥100.", 10000),
        ("100元200件", 10000),
        ("¥100.00 300件", 10000),
        ("运费 50 元", 5000),
    ],
)
def test_a_sum_in_figures(text: str, cents: int) -> None:
    assert amounts(text) == (cents,)


@pytest.mark.parametrize(
    ("text", "cents"),
    [
        ("人民币壹仟贰佰捌拾元整", 128000),
        ("壹仟贰佰捌拾圆正", 128000),
        ("壹 仟 贰 佰 捌 拾 元 整", 128000),
        ("柒佰貳拾壹元玖角貳分", 72192),
        ("零拾零万壹仟贰佰叁拾肆元伍角陆分", 123456),
        ("拾伍元整", 1500),
        ("壹仟元零伍分", 100005),
        ("壹万亿元整", 10**14),
        ("伍角整", 50),
        ("三千元", 300000),
        ("两千五百元", 250000),
        ("人民币三元", 300),
        ("¥壹佰元", 10000),
    ],
)
def test_a_sum_in_chinese_numerals(text: str, cents: int) -> None:
    assert amounts(text) == (cents,)


@pytest.mark.parametrize(
    "text",
    [
        "件数 272 保价费 4.00",
        "电话 13300005730",
        "2024元月1日",
        "2024元旦",
        "北京三元食品股份有限公司",
        "二元论",
        "单位：万元",
        "数百元",
        "10时30分",
        "100美元",
        "$100",
        "¥",
        "¥：",
    ],
)
def test_what_is_no_sum_of_renminbi(text: str) -> None:
    assert amounts(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "¥1.280",
        "¥1.280,00",
        "¥12,8000",
        "¥1'280.00",
        "¥1 280.00",
        "3 500.00元",
        "9¥128.00",
        "¥12²80",
        "¥1٣",
        "¥٣٢١",
        "¥⑨",
        "⑨元",
        "壹贰叁元",
        "大写：玖仟贰佰捌拾",
        "大写:玖仟 贰佰捌拾",
        "金额（大写）玖仟贰佰",
        "人民币（大写）：玖仟贰佰捌拾",
        "人民币玖仟贰佰捌拾",
        "¥玖仟",
        "壹佰贰仟元",
        "¥99999999999999999999",
        "¥" + "1" * 100,
        "壹" * 100 + "元",
    ],
)
def test_a_sum_that_two_people_may_read_differently_leaves_no_answer(text: str) -> None:
    with pytest.raises(NoAnswerError):
        amounts("¥5.00", text)


def test_the_same_sum_in_figures_and_in_capitals_counts_once() -> None:
    assert amounts("合计 ¥405.60（大写： 肆佰零伍元陆角整）") == (40560,)


def test_figures_and_capitals_that_differ_count_both() -> None:
    assert amounts("合计 ¥405.60（大写： 肆佰零伍元伍角整）") == (40560, 40550)


def test_sums_come_in_the_order_of_the_text() -> None:
    assert amounts("贰元整 ¥1.00 3元", "¥9.00", "¥1.00") == (200, 100, 300, 900)
