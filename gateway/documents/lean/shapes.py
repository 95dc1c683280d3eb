"""What the objects look like that this room writes for a signature (`writing`), entry by entry."""

import re
from collections.abc import Mapping
from typing import Final

from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.tokens import Dictionary

FIELD: Final = {
    b"/FT": re.compile(rb"/Sig"),
    b"/T": re.compile(rb"\(Seal-[A-Za-z0-9-]+\)"),
    b"/Type": re.compile(rb"/Annot"),
    b"/Subtype": re.compile(rb"/Widget"),
    b"/F": re.compile(rb"132"),
}
SIGNATURE: Final = {
    b"/Type": re.compile(rb"/Sig"),
    b"/Contents": re.compile(rb"<[0-9A-Fa-f]+>"),
    b"/ByteRange": re.compile(rb"\[0 (\d{1,13}) (\d{1,13}) (\d{1,13})\]"),
    b"/Filter": re.compile(rb"/Adobe\.PPKLite"),
    b"/SubFilter": re.compile(rb"/ETSI\.CAdES\.detached"),
    b"/M": re.compile(rb"\(D:\d{14}Z\)"),
    b"/Reason": re.compile(rb"\(Sealgate record [A-Za-z0-9-]+\)"),
    b"/Prop_Build": re.compile(rb"<</App<</Name/Sealgate>>>>"),
}
STAMP_FORM: Final = {
    b"/Type": re.compile(rb"/XObject"),
    b"/Subtype": re.compile(rb"/Form"),
    b"/BBox": re.compile(rb"\[-?[0-9.]{1,20}(?: -?[0-9.]{1,20}){3}\]"),
    b"/Matrix": re.compile(rb"\[-?[0-9.]{1,20}(?: -?[0-9.]{1,20}){5}\]"),
    b"/Filter": re.compile(rb"/FlateDecode"),
    b"/Length": re.compile(rb"[0-9]{1,10}"),
}
IMAGE: Final = {
    b"/Type": re.compile(rb"/XObject"),
    b"/Subtype": re.compile(rb"/Image"),
    b"/Width": re.compile(rb"[0-9]{1,6}"),
    b"/Height": re.compile(rb"[0-9]{1,6}"),
    b"/BitsPerComponent": re.compile(rb"8"),
    b"/ColorSpace": re.compile(rb"/Device(?:RGB|Gray)"),
    b"/Filter": re.compile(rb"/FlateDecode"),
    b"/Length": re.compile(rb"[0-9]{1,10}"),
}
SIGNED_FORM: Final = {b"/SigFlags": re.compile(rb"3")}
RESOURCES: Final = re.compile(rb"<<>>|<</XObject<</Im0 (\d{1,10}) 0 R>>>>")
ID: Final = re.compile(rb"\[(?:<[0-9A-Fa-f]*>|\([^()\\]*\)) ?<[0-9A-Fa-f]{32}>\]")


def doubt(what: str) -> InDoubtError:
    """To be raised: an update is none that this room wrote for a signature."""
    return InDoubtError("signed", what)


def require(
    entries: Dictionary,
    values: Mapping[bytes, re.Pattern[bytes]],
    others: set[bytes] | tuple[()] = (),
    optional: set[bytes] | tuple[()] = (),
) -> None:
    """See that a dictionary has these entries and no other, with what they may say.

    Args:
        entries: the dictionary.
        values: what it must have, and what that may say.
        others: what it must have besides, whatever it says.
        optional: what it may have.

    Raises:
        InDoubtError: it is another.
    """
    if not values.keys() | set(others) <= entries.keys() <= values.keys() | {*others, *optional}:
        raise doubt("other entries than this room writes")
    if not all(value.fullmatch(entries[key]) for key, value in values.items()):
        raise doubt("an entry that says something else than this room writes")
