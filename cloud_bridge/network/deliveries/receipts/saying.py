"""What is said of a receipt: in the envelope's record, and to the telephone."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import msgspec

from cloud_bridge.envelopes.statements import Declined, Revision, Signed
from cloud_bridge.network.deliveries.consignment import Consignment
from cloud_bridge.network.deliveries.marks import values_of
from cloud_bridge.network.deliveries.model import Ending, Evidence, KeptReceipt, Outcome, Receipt

REFUSED: Final = "goods-refused"
_LATE: Final = timedelta(minutes=5)
"""A receipt that needed longer from the button to us is late, whatever the telephone says."""


def act_of(kept: KeptReceipt, of: Consignment, revisions: Sequence[Revision]) -> Signed | Declined:
    """What the network says for the bearer."""
    receipt = kept.receipt
    if receipt.refused:
        return Declined(reason=REFUSED, remark=receipt.remark.strip())
    names = {field.name for field in of.party.fields}
    values = values_of(kept, of.terms)
    return Signed(
        revisions=tuple(revisions),
        values={name: value for name, value in values.items() if name in names},
        handwritten=receipt.handwriting is not None,
        read_seconds=max(0, int((receipt.acted_at - receipt.opened_at).total_seconds())),
        method=kept.by.method,
        attachments=kept.attachments,
        place=receipt.place,
        goods=receipt.goods,
        remark=receipt.remark.strip(),
        acted_at=receipt.acted_at,
        late=_is_late(kept),
    )


def outcome_of(kept: KeptReceipt, ending: Ending, reason: str = "") -> Outcome:
    """What the telephone is told, with both clocks."""
    return Outcome(
        ending=ending,
        reason=reason,
        received_at=kept.received_at,
        acted_at=kept.receipt.acted_at,
        late=_is_late(kept),
    )


def without_secrets(receipt: Receipt) -> Receipt:
    """The receipt as it is kept: not with that by which its sender is known again."""
    claim = msgspec.structs.replace(receipt.claim, secret="", digits="", phone="")
    return msgspec.structs.replace(receipt, claim=claim)


def evidence_of(kept: KeptReceipt) -> Evidence:
    """What whoever sent the goods may see."""
    return Evidence(
        id=kept.id,
        by=kept.by,
        receipt=kept.receipt,
        attachments=kept.attachments,
        received_at=kept.received_at,
        outcome=kept.outcome,
    )


def digest_of(receipt: Receipt, photographs: Sequence[bytes]) -> bytes:
    """SHA-256 over everything that was sent under an id.

    But whether it had to wait: of that a telephone knows more with each time that it sends it.
    """
    told = msgspec.structs.replace(receipt, queued=False)
    hashed = hashlib.sha256(msgspec.json.encode(told))
    for photo in photographs:
        hashed.update(hashlib.sha256(photo).digest())
    return hashed.digest()


def _is_late(kept: KeptReceipt) -> bool:
    return kept.receipt.queued or kept.received_at - kept.receipt.acted_at > _LATE
