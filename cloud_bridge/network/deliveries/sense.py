"""Whether what a telephone sent can be a receipt of these goods at all."""

from datetime import timedelta
from itertools import chain, pairwise
from math import dist, hypot
from typing import Final

from cloud_bridge.envelopes.statements import Place
from cloud_bridge.envelopes.terms import is_in_the_calendar
from cloud_bridge.model import Delivery as DeliveryTerms
from cloud_bridge.model import Party
from cloud_bridge.names import is_open
from cloud_bridge.network.deliveries.model import Receipt
from cloud_bridge.network.deliveries.problems import ReceiptSenselessProblem
from cloud_bridge.network.press.model import Handwritten

_LONGEST_NAME: Final = 50
_LONGEST_REMARK: Final = 500
_MOST_STROKES: Final = 200
_MOST_POINTS: Final = 10_000
_LARGEST_SHEET: Final = 100_000
_LEAST_INK: Final = 0.06
"""Of the sheet's diagonal."""
_LARGEST_NUMBER: Final = 1_000_000_000


def check(receipt: Receipt, party: Party, terms: DeliveryTerms) -> None:
    """Refuse what makes no sense, by the first thing that does not.

    Raises:
        ReceiptSenselessProblem: the detail says what.
    """
    check_name(receipt.claim.name)
    if len(receipt.remark) > _LONGEST_REMARK:
        raise ReceiptSenselessProblem(f"a remark has {_LONGEST_REMARK} characters at the most")
    if not (receipt.acted_at.tzinfo and receipt.opened_at.tzinfo):
        raise ReceiptSenselessProblem("moments need an offset from UTC")
    if not (is_in_the_calendar(receipt.acted_at) and is_in_the_calendar(receipt.opened_at)):
        raise ReceiptSenselessProblem(
            "the telephone's clock is beyond the calendar: set it", reason="clock"
        )
    if receipt.place is not None:
        _place(receipt.place)
    if receipt.refused:
        _refusal(receipt)
        return
    _goods(receipt, terms)
    _handwriting(receipt.handwriting, party)
    # A clock that was set back meanwhile has read for no time.
    read = max(timedelta(), receipt.acted_at - receipt.opened_at)
    if read < timedelta(seconds=party.reading_seconds):
        raise ReceiptSenselessProblem(
            f"the waybill must be read for at least {party.reading_seconds} seconds",
            reason="reading",
        )


def check_name(name: str) -> str:
    """The name as it is kept; ReceiptSenselessProblem: it is none that people could read."""
    kept = name.strip()
    if not 0 < len(kept) <= _LONGEST_NAME or not kept.isprintable() or not is_open(kept):
        raise ReceiptSenselessProblem(
            f"a name has 1 to {_LONGEST_NAME} characters that are seen", reason="name"
        )
    return kept


def _refusal(receipt: Receipt) -> None:
    if not receipt.remark.strip():
        raise ReceiptSenselessProblem("a refusal needs a remark that says why")
    if receipt.goods:
        raise ReceiptSenselessProblem("whoever refuses the goods has received none")


def _goods(receipt: Receipt, terms: DeliveryTerms) -> None:
    if [goods.line for goods in receipt.goods] != list(range(len(terms.lines))):
        raise ReceiptSenselessProblem("every line of the waybill must be told once, in order")
    for goods, (name, _) in zip(receipt.goods, terms.lines, strict=True):
        numbers = (goods.received, goods.short, goods.damaged)
        if not all(0 <= number <= _LARGEST_NUMBER for number in numbers):
            raise ReceiptSenselessProblem(f"{name}: a number is negative or too large")
        if goods.damaged > goods.received:
            raise ReceiptSenselessProblem(
                f"{name}: more are damaged than were received", reason="damaged"
            )


def _handwriting(drawn: Handwritten | None, party: Party) -> None:
    if drawn is None:
        if party.handwriting == "required":
            raise ReceiptSenselessProblem("a signature by hand is required")
        return
    if party.handwriting == "forbidden":
        raise ReceiptSenselessProblem("a signature by hand is not wanted")
    points = sum(map(len, drawn.strokes))
    if not (0 < len(drawn.strokes) <= _MOST_STROKES and all(drawn.strokes)):
        raise ReceiptSenselessProblem("the signature has no strokes, or too many")
    if points > _MOST_POINTS:
        raise ReceiptSenselessProblem("the signature has too many points")
    if not all(1 <= side <= _LARGEST_SHEET for side in (drawn.width, drawn.height)):
        raise ReceiptSenselessProblem("the signature's sheet has no size")
    for x, y in chain.from_iterable(drawn.strokes):
        if not (0 <= x <= drawn.width and 0 <= y <= drawn.height):
            raise ReceiptSenselessProblem("the signature leaves its sheet")
    ink = sum(dist(*pair) for stroke in drawn.strokes for pair in pairwise(stroke))
    if ink < _LEAST_INK * hypot(drawn.width, drawn.height):
        raise ReceiptSenselessProblem("a dot is no signature", reason="ink")


def _place(place: Place) -> None:
    if not (-90 <= place.latitude <= 90 and -180 <= place.longitude <= 180):  # noqa: PLR2004 - WGS 84
        raise ReceiptSenselessProblem("there is no such place")
    if not place.accuracy_m >= 0:
        raise ReceiptSenselessProblem("an accuracy is a length")
