"""Texts of messages as their senders wrote them: AMQP says UTF-8, and some send GBK.

pamqp ends the connection at such a message. The broker then gives it again, and nothing behind it
would ever come.
"""

from pamqp import common, decode

_LENGTH_BYTES = 4


def accept_any_text() -> None:
    """Have properties and headers decoded in any case; for the whole process, once or more."""
    decode.METHODS["shortstr"] = _short_text
    decode.METHODS["table"] = _table


def _short_text(value: bytes) -> tuple[int, str]:
    """A text with its bytes told where they are no UTF-8, so that two ids stay two."""
    if not value:
        raise ValueError("a text has no length")
    end = value[0] + 1
    return end, value[1:end].decode("utf-8", "backslashreplace")


def _table(value: bytes) -> tuple[int, common.FieldTable]:
    """The headers; none, where the name of one is no UTF-8."""
    try:
        return decode.field_table(value)
    except UnicodeDecodeError:
        return _LENGTH_BYTES + int.from_bytes(value[:_LENGTH_BYTES], "big"), {}
