"""What receivers can prove of a webhook, with the keys that they have."""

import base64
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.clock import SystemClock
from gateway.returns.errors import WebhookKeyError
from gateway.returns.webhooks.keys import (
    PrivateKey,
    new_private_key,
    new_secret,
    parse_key,
    read_key,
)
from gateway.returns.webhooks.message import headers_of

BODY = '{"type":"document.sealed","data":{"businessNumber":"运单-1"}}'.encode()


def test_the_example_of_the_specification_has_its_signature() -> None:
    key = parse_key("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = headers_of("msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', keys=[key], at=at)
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_receiver_knows_the_message_by_either_of_two_secrets_while_they_rotate() -> None:
    old, new = new_secret(), new_secret()
    keys = [parse_key(old), parse_key(new)]
    headers = headers_of("id", BODY, keys=keys, at=SystemClock().now())
    for secret in (old, new):
        assert Webhook(secret).verify(BODY, headers)["type"] == "document.sealed"
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret()).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(BODY.replace(b"1", b"2"), headers)


def test_a_receiver_knows_the_message_by_the_public_half_of_a_key() -> None:
    key = parse_key(new_private_key())
    assert isinstance(key, PrivateKey)
    both = headers_of("id", BODY, keys=[parse_key(new_secret()), key], at=SystemClock().now())

    raw = base64.b64decode(key.public.removeprefix("whpk_"))
    (signature,) = (
        each.removeprefix("v1a,")
        for each in both["webhook-signature"].split(" ")
        if each.startswith("v1a,")
    )
    signed = f"id.{both['webhook-timestamp']}.".encode() + BODY
    public = Ed25519PublicKey.from_public_bytes(raw)
    public.verify(base64.b64decode(signature), signed)
    with pytest.raises(InvalidSignature):
        public.verify(base64.b64decode(signature), signed + b" ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("secret", "a key begins with whsec_ or whsk_"),
        ("whsec_c2hvcnQ=", "24 to 64 bytes, this one 5"),
        ("whsec_***", "no base64"),
        ("whsk_c2hvcnQ=", "32 bytes"),
        ("whpk_c2hvcnQ=", "the receiver's"),
    ],
)
def test_what_is_no_key_is_told_and_not_quoted(text: str, told: str) -> None:
    with pytest.raises(WebhookKeyError, match=told) as caught:
        parse_key(text)
    assert "c2hvcnQ" not in str(caught.value)


def test_a_key_that_others_may_read_is_none(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(new_secret())
    file.chmod(0o640)
    with pytest.raises(WebhookKeyError, match="set mode 0400"):
        read_key(file)
    file.chmod(0o400)
    read_key(file)
    with pytest.raises(WebhookKeyError, match="cannot be read"):
        read_key(tmp_path / "none")


def test_no_secret_is_in_what_a_log_would_show() -> None:
    text = new_secret()
    shown = repr(parse_key(text))
    assert text.removeprefix("whsec_") not in shown
    assert shown == "SharedSecret()"
