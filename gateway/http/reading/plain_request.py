"""The part `request` in its plainest form, read in one pass.

Nearly every request is a few texts and numbers, without escapes, with its stamp at one spot or at
none of its own. Whatever is not exactly of that form is left to the models in `intake`, which say
yes or say why not: the plain form only ever spares work, it never refuses. A property test holds
the two together (tests/properties/test_plain_request.py).
"""

from typing import Annotated, Literal

import msgspec

from policies.model import AttributeValue, Caller, OnPage, SealRequest

_Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}\Z")]
_Distance = Annotated[float, msgspec.Meta(ge=0, le=2000)]
_Whole = Annotated[int, msgspec.Meta(ge=-(1 << 63), le=(1 << 63) - 1)]
_Ordinal = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class _Spot(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    page: _Ordinal | Literal["last"]
    left_millimetres: _Distance
    top_millimetres: _Distance


class PlainRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """What the document is, and what the policies are to know of it."""

    document_type: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    business_number: Annotated[
        str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+\Z")
    ]
    attributes: (
        Annotated[dict[_Name, str | bool | _Whole], msgspec.Meta(max_length=100)]
        | msgspec.UnsetType
    ) = msgspec.UNSET
    placement: _Spot | msgspec.UnsetType = msgspec.UNSET

    @property
    def approvals(self) -> tuple[str, ...]:
        """None: the plain form brings none along."""
        return ()

    def seal_request(self, *, caller: Caller, seal: str) -> SealRequest:
        """The value that the rest of the house works with."""
        spot = self.placement
        given: dict[str, AttributeValue] = {}
        if self.attributes is not msgspec.UNSET:
            given |= self.attributes
        return SealRequest(
            caller=caller,
            seal=seal,
            document_type=self.document_type,
            business_number=self.business_number,
            attributes=given,
            placement=None
            if spot is msgspec.UNSET
            else OnPage(
                page=spot.page,
                # No minus in front of a zero: the record has one form of each place.
                left_mm=spot.left_millimetres or 0.0,
                top_mm=spot.top_millimetres or 0.0,
            ),
        )

    def further_requests(self, _first: SealRequest) -> tuple[SealRequest, ...]:
        """None: the plain form asks for one seal."""
        return ()


_decoder = msgspec.json.Decoder(PlainRequest)


def plain_request(data: bytes) -> PlainRequest | None:
    """What the JSON says, if it is of the plain form.

    None says nothing about the request: ask `intake`.
    """
    if b"\\" in data:
        return None
    try:
        found = _decoder.decode(data)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    # Each key has a colon behind it. Without escapes, any other stands in a text that we have; one
    # more, and a key came twice, of which we have seen only the last.
    return found if data.count(b":") == _colons(found) else None


def _colons(found: PlainRequest) -> int:
    count = 2 + found.document_type.count(":") + found.business_number.count(":")
    if found.attributes is not msgspec.UNSET:
        count += 1 + len(found.attributes)
        for value in found.attributes.values():
            if isinstance(value, str):
                count += value.count(":")
    if found.placement is not msgspec.UNSET:
        count += 1 + len(_Spot.__struct_fields__)
    return count
