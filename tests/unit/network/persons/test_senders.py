"""How codes leave: into a file, or to the operator's own service."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest
from standardwebhooks import Webhook

from cloud_bridge.network.persons.errors import NotSentError
from cloud_bridge.network.persons.interfaces import CodeSender
from cloud_bridge.network.persons.model import LinkMessage
from cloud_bridge.network.persons.senders import FileCodeSender, WebhookCodeSender
from gateway.clock import SystemClock
from tests.webhook_receiver import webhook_server

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"  # noqa: S105 - of the test
ID = "0b0a7f5e-9ad5-4b1a-9a4e-5a5f6f0f5b1c"


async def send(sender: CodeSender) -> None:
    await sender.send(contact="13800138000", code="012345", language="zh", id=ID)


async def test_a_file_has_a_line_for_each_code_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "codes.jsonl"
    sender = FileCodeSender(file, SystemClock())
    await send(sender)
    await send(sender)
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert [(each["contact"], each["code"]) for each in lines] == [("13800138000", "012345")] * 2
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


async def test_a_file_that_cannot_be_written_takes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotSentError):
        await send(FileCodeSender(tmp_path / "absent" / "codes.jsonl", SystemClock()))


async def test_a_post_is_signed_as_receivers_check_it() -> None:
    async with webhook_server() as server:
        await send(WebhookCodeSender(url=server.url, secret=SECRET, time=SystemClock()))
        (came,) = await server.got(1)
    told = Webhook(SECRET).verify(came.body.decode(), came.headers)
    assert told["type"] == "person.code"
    assert told["data"] == {"contact": "13800138000", "code": "012345", "language": "zh"}
    assert came.id == ID


MESSAGE = LinkMessage(
    cause="turn",
    title="运输合同",
    sender="买方有限公司",
    url="https://sign.test/s/abc",
    expires_at=datetime(2026, 12, 4, 6, tzinfo=UTC),
    language="zh",
    text="买方有限公司请您签署《运输合同》",
)


async def test_a_link_is_posted_with_who_sends_what_until_when() -> None:
    async with webhook_server() as server:
        sender = WebhookCodeSender(url=server.url, secret=SECRET, time=SystemClock())
        await sender.send_link(contact="13800138000", message=MESSAGE, id=ID)
        (came,) = await server.got(1)
    told = Webhook(SECRET).verify(came.body.decode(), came.headers)
    assert told["type"] == "person.link"
    assert told["data"] == {
        "contact": "13800138000",
        "cause": "turn",
        "title": "运输合同",
        "sender": "买方有限公司",
        "url": "https://sign.test/s/abc",
        "expiresAt": "2026-12-04T06:00:00+00:00",
        "language": "zh",
        "text": "买方有限公司请您签署《运输合同》",
    }


async def test_links_have_a_file_beside_that_of_codes(tmp_path: Path) -> None:
    sender = FileCodeSender(tmp_path / "codes.jsonl", SystemClock())
    await sender.send_link(contact="13800138000", message=MESSAGE, id=ID)
    file = tmp_path / "links.jsonl"
    assert json.loads(file.read_text())["url"] == "https://sign.test/s/abc"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not (tmp_path / "codes.jsonl").exists()


@pytest.mark.parametrize("status", [302, 400, 500])
async def test_a_post_that_is_not_taken_is_told(status: int) -> None:
    async with webhook_server() as server:
        server.always = status
        with pytest.raises(NotSentError, match=str(status)):
            await send(WebhookCodeSender(url=server.url, secret=SECRET, time=SystemClock()))


async def test_nobody_there_is_told() -> None:
    with pytest.raises(NotSentError):
        await send(WebhookCodeSender(url="http://127.0.0.1:9/", secret=SECRET, time=SystemClock()))
