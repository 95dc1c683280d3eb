"""base64url without padding (RFC 7515 §2), in the one spelling that each value has."""

import base64

from gateway.statements.errors import StatementInvalidError


def encode(data: bytes) -> str:
    """The text of these bytes."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The inverse of `encode`.

    Raises:
        StatementInvalidError: padding, white space, another alphabet, or bits set at the end that
            stand for nothing (RFC 4648 §3.5): two texts would be the same bytes.
    """
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise _refused(text) from None
    # The decoder also takes texts that nothing encodes to, such as with loose bits at the end.
    if encode(data) != text:
        raise _refused(text)
    return data


def _refused(text: str) -> StatementInvalidError:
    return StatementInvalidError(f"not base64url without padding: {text[:40]!r}")
