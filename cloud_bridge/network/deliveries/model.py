"""A delivery whose receiver nobody knew beforehand, from the label to the receipt. All frozen."""

from datetime import datetime
from typing import Literal

from cloud_bridge.envelopes.statements import Attachment, Claimed, Place, Received
from cloud_bridge.model import Value
from cloud_bridge.network.press.model import Handwritten

Method = Literal["contact-tail", "code", "none"]
"""How whoever holds the goods is checked: the last digits of a telephone number that the shipper
gave; a code sent to the number that they tell; not at all, where the terms ask for no level."""

ClaimState = Literal["free", "held", "checked", "done"]
"""Nobody has claimed; somebody was first; and was checked; and has signed or refused."""

Ending = Literal["signed", "declined", "kept"]
"""What became of a receipt. `kept`: nothing was signed, but what was told is kept as evidence."""


class Delivery(Value, frozen=True):
    """Where one bearer of one envelope stands.

    Attributes:
        envelope: whose.
        party: the bearer's id in its terms.
        waybill: the waybill's number.
        state: see `ClaimState`.
        holder: SHA-256 of the secret that the first telephone made; empty: nobody has claimed.
        until: until when the claim keeps others off; None: nobody has claimed.
        number: how many claims there were, this one included.
        name: as the holder told it.
        contact: masked.
        method: how the holder was checked; empty: not yet.
    """

    envelope: str
    party: str
    waybill: str
    state: ClaimState = "free"
    holder: bytes = b""
    until: datetime | None = None
    number: int = 0
    name: str = ""
    contact: str = ""
    method: str = ""


class Claim(Value, frozen=True):
    """In: somebody holds the goods and says so.

    Attributes:
        secret: 32 random bytes that the telephone made, base64url: the same again is the same
            claim, so an answer that was lost does not lock its owner out.
        name: who they say that they are.
        digits: the last digits of the telephone number, where that is the check.
        phone: their own number, where a code is.
    """

    secret: str
    name: str
    digits: str = ""
    phone: str = ""


class Receipt(Value, frozen=True):
    """In: what whoever received the goods says, as it was when they pressed the button.

    Attributes:
        claim: as in `Claim`; the claim may come with the receipt if the telephone was offline.
        goods: each line of the waybill, in order; of a refusal: none.
        refused: the goods are not taken.
        remark: for people.
        handwriting: the strokes, if there are any.
        place: if the telephone was allowed to tell.
        opened_at: when the page was opened, by the telephone's clock.
        acted_at: when the button was pressed, by the telephone's clock.
        queued: it had to wait on the telephone.
    """

    claim: Claim
    opened_at: datetime
    acted_at: datetime
    goods: tuple[Received, ...] = ()
    refused: bool = False
    remark: str = ""
    handwriting: Handwritten | None = None
    place: Place | None = None
    queued: bool = False


class Outcome(Value, frozen=True):
    """Out: what became of a receipt. Once told, it never changes.

    Attributes:
        ending: see `Ending`.
        reason: of `kept`: why nothing was signed: `taken`, `completed`, `declined`, `withdrawn`,
            `expired`, `voided`.
        received_at: by the network's clock.
        acted_at: by the telephone's.
        late: it had waited on the telephone, or came more than five minutes after the button.
    """

    ending: Ending
    received_at: datetime
    acted_at: datetime
    reason: str = ""
    late: bool = False


class KeptReceipt(Value, frozen=True):
    """A receipt that is durable, and whether it has come to its end.

    Attributes:
        id: the UUID that the telephone made.
        envelope: of which delivery.
        party: of which bearer.
        digest: SHA-256 over everything that was sent under the id.
        by: who sent it, and how they were checked.
        receipt: what was told; once it is kept, without the claim's secret and digits.
        attachments: photographs and such, which the network holds.
        received_at: by the network's clock.
        outcome: None: the work on it has not come to its end.
    """

    id: str
    envelope: str
    party: str
    digest: bytes
    by: Claimed
    receipt: Receipt
    received_at: datetime
    attachments: tuple[Attachment, ...] = ()
    outcome: Outcome | None = None


class Evidence(Value, frozen=True):
    """Out: what a telephone sent, for who sent the goods; also where nothing was signed.

    Attributes:
        receipt: as it was told, without the claim's secret and digits.
        outcome: None: the work on it has not come to its end.
    """

    id: str
    by: Claimed
    receipt: Receipt
    attachments: tuple[Attachment, ...]
    received_at: datetime
    outcome: Outcome | None


class AllEvidence(Value, frozen=True):
    """Out: everything that telephones sent for a delivery, as it came."""

    receipts: tuple[Evidence, ...]


class Line(Value, frozen=True):
    """Out: a line of the waybill."""

    name: str
    count: int


class Shown(Value, frozen=True):
    """Out: all that a page tells to whoever has scanned the label: waybill, goods, status.

    Attributes:
        status: `open`, `taken`, `signed`, `over`.
        check: see `Method`.
        digits: how many digits are asked for.
        handwriting: see `model.Handwriting`.
        reading_seconds: how long the goods must have been in view at least.
    """

    waybill: str
    shipper: str
    carrier: str
    consignee: str
    lines: tuple[Line, ...]
    status: str
    check: Method
    digits: int
    handwriting: str
    reading_seconds: int


class CodeTold(Value, frozen=True):
    """In: the code that was sent to the holder's telephone."""

    secret: str
    code: str


class Holder(Value, frozen=True):
    """In: who asks holds the claim."""

    secret: str


class ClaimAnswer(Value, frozen=True):
    """Out: `held`: tell the code now; `checked`: the goods are yours to receive."""

    state: ClaimState
