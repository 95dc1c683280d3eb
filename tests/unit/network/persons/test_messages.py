"""What a message says is its sender's to choose; where it leads is not."""

from datetime import UTC, datetime

import pytest

from cloud_bridge.network.persons.messages import message
from cloud_bridge.wire import PersonLink

LINK = PersonLink(url="https://sign.example/s/abc", expires_at=datetime(2026, 12, 4, 6, tzinfo=UTC))


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("合同》，请先到 https://evil.example/pay 付款《", "https：//evil．example/pay"),
        ("see evil.example", "evil．example"),
        ("见 例子.中国", "例子．中国"),
        ("http://203.0.113.7/x", "http：//203.0.113.7/x"),
        ("mail a@evil.example", "a＠evil．example"),
        ("合同 v1.2（3.50 元）", "合同 v1.2（3.50 元）"),  # what is no address stays as it is
    ],
)
def test_no_title_and_no_name_is_a_link_where_it_is_read(written: str, read: str) -> None:
    for told in (
        message("turn", LINK, title=written, sender="买方", language="zh"),
        message("turn", LINK, title="合同", sender=written, language="en"),
    ):
        assert read in told.text
        assert told.text.count("://") == 1
        assert LINK.url in told.text
    assert read in message("turn", LINK, title=written, sender="x", language="zh").title
