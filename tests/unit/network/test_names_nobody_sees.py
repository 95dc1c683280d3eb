"""Names with something in them that nobody sees, and addresses that only look public."""

import pytest

from cloud_bridge.names import is_open
from cloud_bridge.network.problems import WebhookProblem
from cloud_bridge.network.webhooks.addresses import refuse_address


@pytest.mark.parametrize("unseen", list("\u034f\u115f\u1160\u17b4\u180b\u2800\u3164\uffa0\ufe0f"))
def test_a_name_with_a_blank_letter_is_not_open(unseen: str) -> None:
    assert not is_open(f"ACME{unseen} Ltd")


@pytest.mark.parametrize("name", ["ACME Ltd", "买方（上海）有限公司", "葛\U000e0100城", "주식회사"])
def test_a_name_that_one_can_read_is_open(name: str) -> None:
    assert is_open(name)


@pytest.mark.parametrize("address", ["[fec0::1]", "[::ffff:0:7f00:1]"])
def test_addresses_within_a_house_are_no_public_ones(address: str) -> None:
    with pytest.raises(WebhookProblem):
        refuse_address(f"https://{address}/hook", private=False)
