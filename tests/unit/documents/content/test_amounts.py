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
        ("运费，50元", 5000),
        ("50元月付", 5000),
        ("运费¥50。3件", 5000),
        ("9000000元月付", 900000000),
        ("900万元月租", 900000000),
        ("9000000 RMB", 900000000),
        ("9000000人民币", 900000000),
        ("900万 CNY", 900000000),
        ("金额（¥）：1,280.00", 128000),
        ("2026-11-27 RMB 50.00", 5000),
        ("2026-11-27 50元", 5000),
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
        ("三元整", 300),
        ("二千元月租", 200000),
        ("2 人民币玖佰万元整", 900000000),
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
        "2024 元月 1 日",
        "二〇二四元月一日",
        "3、元器件清单",
        "万仟佰拾元角分",
        "千万元",
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
        "合计（大写）\t1\t玖佰万元整\t¥12.80",
        "附件1玖佰万元整",
        "数量 1\t玖佰万元整",
        "2026-11-27 玖佰万元整",
        "2026 九百万元",
        "3 十万元",
        "3\t百万元",
        "⑨百万元",
        "第一玖佰万元整",
        "第十玖元整",
        "百万元整",
        "仟伍佰元",
        "玖佰万园整",
        "玖佰万.-元",
        "玖佰万人民币",
        "人民币九百万",
        "（大写）⊗玖佰万",
        "2024元月付",
        "¥（9000000）",
        "¥=9000000",
        "¥___9000000",
        "9000000.-元",
        "（9000000）元",
        "9000000元50分",
        "9000000元伍角",
        "金额（万元）：900",
        "单位：万元\t¥900",
        "¥9 00 0000",
        "¥9 0 0 0 0 0 0",
        "9 0 0 0 0 0 0 元",
        "¥9-000-000",
        "¥9;000;000",
        "¥9 million",
        "¥9M",
        "¥900w",
        "¥9e6",
        "9e6元",
        "¥9×10",
        "¥9佰万",
        "¥5.00-9000000",
        "9000000 RMB 12.80",
        "9000000 CNY: 12.80",
        "9000000人民币 12.80",
    ],
)
def test_a_sum_that_two_people_may_read_differently_leaves_no_answer(text: str) -> None:
    with pytest.raises(NoAnswerError):
        amounts("¥5.00", text)


def test_the_same_sum_in_figures_and_in_capitals_counts_once() -> None:
    assert amounts("合计 ¥405.60（大写： 肆佰零伍元陆角整）") == (40560,)


def test_capitals_that_follow_figures_at_once_are_a_sum_of_their_own() -> None:
    assert amounts("¥12.80 玖佰万元整") == (1280, 900000000)
    assert amounts("¥1,783 壹仟柒佰捌拾叁元整") == (178300,)


def test_figures_and_capitals_that_differ_count_both() -> None:
    assert amounts("合计 ¥405.60（大写： 肆佰零伍元伍角整）") == (40560, 40550)


def test_sums_come_in_the_order_of_the_text() -> None:
    assert amounts("贰元整 ¥1.00 3元", "¥9.00", "¥1.00") == (200, 100, 300, 900)
