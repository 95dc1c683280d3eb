"""Why a delivery is not confirmed: a word that stays; the pages have a sentence for each of them.

A stranger with a label learns no more than these words: not whether a number exists, not whether
the digits were right but too late.
"""

from typing import ClassVar

from cloud_bridge.network.problems import NetworkProblem, Owner


class DeliveryProblem(NetworkProblem):
    """Base of what deliveries refuse."""

    of_the_api: ClassVar[bool] = False


class LabelUnknownProblem(DeliveryProblem):
    """There is no such label, or a newer one took its place."""

    type: ClassVar[str] = "delivery-label-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "This label opens nothing"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = "Scan the newest label, or ask whoever sent the goods for one."


class LabelRefusedProblem(DeliveryProblem):
    """An envelope cannot be confirmed at a door as its terms are."""

    type: ClassVar[str] = "delivery-terms"
    of_the_api: ClassVar[bool] = True
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The envelope's terms allow no label"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Send it in mode `open`, with `delivery`, a party of kind `bearer`, and only those fields "
        "that docs/deliveries.md names."
    )


class AlreadyTakenProblem(DeliveryProblem):
    """Somebody else was the first to claim."""

    type: ClassVar[str] = "delivery-taken"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Somebody else has claimed these goods already"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = "Ask whoever sent the goods: they can release the claim."


class DocumentRefusedProblem(DeliveryProblem):
    """The envelope's document cannot be signed, by whomever."""

    type: ClassVar[str] = "delivery-document"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The document of this delivery cannot be signed"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = (
        "Tell whoever sent the goods: the document must be made anew, and with it the envelope."
    )


class NotYetProblem(DeliveryProblem):
    """Somebody before the bearer has not signed."""

    type: ClassVar[str] = "delivery-not-yet"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Somebody else must sign before these goods can be received"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = "Wait; what was filled in stays on the telephone."


class BusyProblem(DeliveryProblem):
    """Other receipts of the same delivery are just coming."""

    type: ClassVar[str] = "delivery-busy"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "Other receipts of this delivery are just being received"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = "Send it again a little later; it stays on the telephone meanwhile."
    retry_after_seconds: float | None = 10.0


class OverProblem(DeliveryProblem):
    """The envelope was signed, refused, withdrawn, or has expired."""

    type: ClassVar[str] = "delivery-over"
    of_the_api: ClassVar[bool] = True
    status: ClassVar[int] = 410
    title: ClassVar[str] = "This delivery waits for nobody any more"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = "Ask whoever sent the goods whether there is a new label."


class CheckFailedProblem(DeliveryProblem):
    """The digits or the code are wrong, or there were too many tries: which is not told."""

    type: ClassVar[str] = "delivery-check-failed"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The digits do not fit, or there were too many tries"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = "Ask whoever sent the goods; after five wrong tries wait 30 minutes."


class CheckNeededProblem(DeliveryProblem):
    """A code must be told before the receipt counts."""

    type: ClassVar[str] = "delivery-check-needed"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The telephone must be checked by a code first"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = "Claim the goods, tell the code, and send the same receipt again."


class CodeNotSentProblem(DeliveryProblem):
    """Whoever brings codes did not take one."""

    type: ClassVar[str] = "delivery-code-not-sent"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The code could not be sent"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "Try again; who runs the network looks at its log (code_not_sent)."
    retry_after_seconds: float | None = 10.0


class PhotoRefusedProblem(DeliveryProblem):
    """A photograph is none that the network takes."""

    type: ClassVar[str] = "delivery-photo-refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "A photo cannot be taken"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = "Take it again, as JPEG or PNG of at most 8 MiB and 40 million pixels."


class ReceiptSenselessProblem(DeliveryProblem):
    """What was filled in does not fit the goods, or something is missing.

    Attributes:
        reason: a word that stays, of what people can cause: the page has a sentence for each;
            empty: the detail alone says it.
    """

    type: ClassVar[str] = "delivery-receipt-senseless"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "What was filled in does not fit, or is not complete"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = "Correct what the detail names, and send it again."

    def __init__(self, detail: str, *, reason: str = "") -> None:
        super().__init__(detail)
        self.reason = reason

    def members(self) -> dict[str, object]:
        """The reason, if there is a word for it."""
        return {"reason": self.reason} if self.reason else {}


class ReceiptDiffersProblem(DeliveryProblem):
    """The same id was sent before, with other content."""

    type: ClassVar[str] = "delivery-receipt-differs"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Another receipt has this id already"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = "Send exactly what was sent before, or make a new id."


class StatusUnknownProblem(DeliveryProblem):
    """No waybill, other digits, or too many tries: the answer is the same."""

    type: ClassVar[str] = "delivery-status-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "Nothing is found for this number and these digits"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = (
        "Compare both with the waybill; after five wrong tries it stays so for 30 minutes."
    )
