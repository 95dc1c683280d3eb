"""The text of a manifest: its encoding is found in one way, and never guessed twice."""

import codecs

from gateway.batches.reading.errors import ManifestUnreadableProblem

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LONG = 0x800
"""From here on UTF-8 takes three bytes and more, which other encodings rarely look like."""


def decoded(data: bytes) -> str:
    """UTF-8, with or without its mark; UTF-16; or GB18030, of which GBK and GB2312 are parts.

    What has no mark is UTF-8 if all of it is. UTF-8 that is damaged somewhere is no GB18030, though
    nearly any bytes can be read as that.

    Raises:
        ManifestUnreadableProblem: it is none of these; says in which line it ceases to be.
    """
    encoding, start = _encoding(data)
    try:
        return data[start:].decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, start + error.start) + 1
        raise ManifestUnreadableProblem(
            f"line {line} is not valid {encoding.upper()}: save it as UTF-8, or from Excel as "
            "`CSV UTF-8`"
        ) from None


def _encoding(data: bytes) -> tuple[str, int]:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding, len(mark)
    # Latin letters at the beginning, as of a header or of JSON, in two bytes each.
    if data[1:2] == b"\0":
        return "utf-16-le", 0
    if data[:1] == b"\0":
        return "utf-16-be", 0
    try:
        data.decode()
    except UnicodeDecodeError:
        text = data.decode("utf-8", "replace")
        damaged = text.count("\N{REPLACEMENT CHARACTER}")
        whole = sum(ord(mark) >= _LONG for mark in text) - damaged
        return ("utf-8" if damaged <= whole else "gb18030"), 0
    return "utf-8", 0
