"""pyHanko reads files byte by byte, in Python. These do the same in one step each.

A signature container alone is thousands of hex digits, and each was several calls. Every function
here gives what pyHanko's own gives, leaves the stream where that leaves it, and hands to it
whatever is not of the plainest form: comments, escapes, ends of files, errors. So nothing is read
otherwise than before (`tests/properties/test_quick_reading.py` draws bytes and compares).
"""

import binascii
import re
from functools import wraps
from io import BytesIO
from typing import IO, Any, Final

from pyhanko.pdf_utils import generic, misc

_SPACE: Final = re.escape(misc.PDF_WHITESPACE)
_DELIMITERS: Final = re.escape(misc.PDF_DELIMITERS)
_REGULAR: Final = re.compile(rb"[^" + _SPACE + _DELIMITERS + rb"]*+")
_SKIPPED: Final = re.compile(rb"[" + _SPACE + rb"]*+")
_PLAIN_NAME: Final = re.compile(rb"[^\x00-\x20\x7f-\xff#" + _DELIMITERS + rb"]*+")
_HEX: Final = re.compile(rb"<([0-9A-Fa-f]*+)>")
_ODD: Final = frozenset((b"", b"%", *(bytes((each,)) for each in misc.PDF_WHITESPACE)))

_next_character = misc.read_non_whitespace
_until_delimiter = misc.read_until_delimiter
_hex_string = generic.read_hex_string_from_stream
_name_of = generic._decode_name  # noqa: SLF001 - there is no other way to its names
_write_name = generic.NameObject.write_to_stream


def read_quickly() -> None:
    """Have pyHanko read by these, in this process, from now on."""
    misc.read_non_whitespace = next_character
    misc.read_until_delimiter = until_delimiter
    generic.read_non_whitespace = next_character  # type: ignore[attr-defined]
    generic.read_until_delimiter = until_delimiter  # type: ignore[attr-defined]
    generic.read_hex_string_from_stream = hex_string
    generic._decode_name = name_of  # type: ignore[assignment]  # noqa: SLF001 - see above
    generic.NameObject.write_to_stream = write_name  # type: ignore[method-assign, assignment]


@wraps(_next_character)
def next_character(stream: IO[bytes], seek_back: bool = False, allow_eof: bool = False) -> bytes:  # noqa: FBT001, FBT002 - pyHanko's own
    """What comes after space; see `misc.read_non_whitespace`."""
    found = stream.read(1)
    if found in _ODD:
        stream.seek(-len(found), 1)
        if type(stream) is not BytesIO or found in (b"", b"%"):
            return _next_character(stream, seek_back, allow_eof)  # type: ignore[no-any-return, no-untyped-call]
        content = stream.getvalue()
        at = _SKIPPED.match(content, stream.tell()).end()  # type: ignore[union-attr]
        found = content[at : at + 1]
        if found in (b"", b"%"):
            return _next_character(stream, seek_back, allow_eof)  # type: ignore[no-any-return, no-untyped-call]
        stream.seek(at + 1)
    if seek_back:
        stream.seek(-1, 1)
    return found


@wraps(_until_delimiter)
def until_delimiter(stream: IO[bytes]) -> bytes:
    """What comes before a delimiter or space; see `misc.read_until_delimiter`."""
    if type(stream) is not BytesIO:
        return _until_delimiter(stream)
    found = _REGULAR.match(stream.getvalue(), stream.tell())
    if found is None:
        return _until_delimiter(stream)
    stream.seek(found.end())
    return found[0]


@wraps(_hex_string)
def hex_string(stream: IO[bytes]) -> Any:  # noqa: ANN401 - a string of either kind
    """A string of hex digits; see `generic.read_hex_string_from_stream`."""
    found = None
    if type(stream) is BytesIO:
        found = _HEX.match(stream.getvalue(), stream.tell())
    if found is None:
        return _hex_string(stream)
    stream.seek(found.end())
    digits = found[1]
    return generic.pdf_string(binascii.unhexlify(digits + b"0" if len(digits) % 2 else digits))


@wraps(_name_of)
def name_of(written: bytes) -> generic.NameObject:
    """A name of what stands behind its slash; see `generic._decode_name`."""
    if _PLAIN_NAME.fullmatch(written) is None:
        return _name_of(written)
    return generic.NameObject("/" + written.decode("ascii"))


@wraps(_write_name)
def write_name(
    name: generic.NameObject,
    stream: IO[bytes],
    handler: object = None,
    container_ref: object = None,
) -> None:
    """Write a name; see `generic.NameObject.write_to_stream`."""
    written = name.encode("utf8")
    if written[:1] == b"/" and _PLAIN_NAME.fullmatch(written, 1) is not None:
        stream.write(written)
    else:
        _write_name(name, stream, handler, container_ref)  # type: ignore[arg-type]
