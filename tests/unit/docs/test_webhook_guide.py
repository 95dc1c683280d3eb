"""What the guide tells receivers to write, run against a message that is really sent."""

from typing import Any

from gateway.clock import SystemClock
from gateway.returns.schedule import PAUSES
from gateway.returns.webhooks.keys import new_secret, parse_key
from gateway.returns.webhooks.message import headers_of
from tests.unit.docs.markdown import blocks, read

_ENGLISH = read("docs/webhooks.md")
_CHINESE = read("docs/webhooks.zh-CN.md")
_BODY = '{"data":{"businessNumber":"运单-1"}}'.encode()


def _guide() -> dict[str, Any]:
    defined: dict[str, Any] = {}
    for block in blocks(_ENGLISH, "python"):
        exec(block, defined)  # noqa: S102 - what readers are told to run
    return defined


def test_both_ways_of_the_guide_believe_what_is_ours_and_nothing_else() -> None:
    secret = new_secret()
    keys = [parse_key(new_secret()), parse_key(secret)]
    headers = headers_of("id", _BODY, keys=keys, at=SystemClock().now())
    guide = _guide()
    assert guide["verified"](headers, _BODY, secret)["data"] == {"businessNumber": "运单-1"}
    assert guide["is_ours"](headers, _BODY, secret)
    assert not guide["is_ours"](headers, _BODY + b" ", secret)
    assert not guide["is_ours"](headers, _BODY, new_secret())
    old = {**headers, "webhook-timestamp": str(int(headers["webhook-timestamp"]) - 301)}
    assert not guide["is_ours"](old, _BODY, secret)


def test_both_languages_show_the_same_code() -> None:
    for language in ("python", "java", "yaml", "json", "console"):
        assert blocks(_ENGLISH, language) == blocks(_CHINESE, language) != []


def test_the_table_of_tries_is_the_schedule() -> None:
    row = next(line for line in _ENGLISH.splitlines() if line.startswith("| after the one before"))
    told = [cell.strip() for cell in row.strip("|").split("|")][2:]
    seconds = {"s": 1, "min": 60, "h": 3600}
    assert [int(each.split()[0]) * seconds[each.split()[1]] for each in told] == [
        pause.total_seconds() for pause in PAUSES
    ]
