"""A party is named by its whole name, and not by a part of somebody else's."""

import pytest

from gateway.documents.content.parties import parties_in
from gateway.documents.placing.keywords import folded

NAME = "东海物流（上海）有限公司"


def is_named(text: str, name: str = NAME) -> bool:
    return parties_in([folded(text)], [name]) == (name,)


@pytest.mark.parametrize(
    "text",
    [
        NAME,
        "东海物流(上海)有限公司",
        "收货单位：东海物流（上海）有限公司",
        "收货单位东海物流（上海）有限公司",
        "收货单位\t东海物流（上海）有限公司\t地址",
        "东 海 物 流 （ 上 海 ） 有 限 公 司",
        "收货单位： 东 海 物 流 （上海） 有 限 公 司",
        "由东海物流（上海）有限公司承运",
        "东海物流（上海）有限公司（盖章）",
        "东海物流（上海）有限公司与星序照明有限公司",
        "（收货方）东海物流（上海）有限公司",
        "甲方东海物流（上海）有限公司，乙方星序照明有限公司",
    ],
)
def test_a_name_that_stands_there_as_a_name_is_found(text: str) -> None:
    assert is_named(text)


@pytest.mark.parametrize(
    "text",
    [
        "新东海物流（上海）有限公司",
        "祥和东海物流（上海）有限公司",
        "东海物流（上海）有限公司上海分公司",
        "东海物流（上海）有限公司第一分公司",
        "东海物流有限公司",
        "东海物流（上海）有限",
        "新 东 海 物 流 （ 上 海 ） 有 限 公 司",
        "东海物流（上海）股份有限公司",
        "",
    ],
)
def test_another_name_that_holds_it_or_a_part_of_it_is_another(text: str) -> None:
    assert not is_named(text)


@pytest.mark.parametrize("part", ["东海", "东海物流", "有限公司", "物流", "", " "])
def test_a_part_of_a_name_names_nobody(part: str) -> None:
    assert not is_named(f"收货单位：{NAME}", part)


def test_a_short_name_does_not_stand_for_a_longer_one_that_begins_with_it() -> None:
    assert not is_named("东海在线科技有限公司", "东海")
    assert is_named("收货人：东海", "东海")


def test_latin_names_are_whole_words() -> None:
    assert is_named("Consignee: Acme Ltd.", "Acme Ltd")
    assert not is_named("Consignee: Pacme Ltd.", "acme Ltd")
    assert not is_named("Consignee: Acme Ltdx", "Acme Ltd")


def test_the_names_that_are_found_come_as_they_were_given_and_in_their_order() -> None:
    names = ("星序照明有限公司", "没有的公司", "东海物流(上海)有限公司")
    found = parties_in([folded("发货：东海物流（上海）有限公司"), "收货：星序照明有限公司"], names)
    assert found == ("星序照明有限公司", "东海物流(上海)有限公司")
