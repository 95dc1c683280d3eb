"""What the signing room is asked for an item."""

from collections.abc import Callable

import msgspec

from gateway.batches.errors import InputLostProblem
from gateway.batches.model import ItemRequest, origin_of
from gateway.clock import Clock
from gateway.jobs.model import Lease
from gateway.seals.in_force import InForce
from gateway.signing.callers import caller_now
from gateway.signing.digests import HashedDocument, hashed
from gateway.signing.model import SigningRequest
from gateway.store.files.content import ContentStore
from gateway.store.rows.batch_items import ItemRow
from gateway.store.rows.batches import BatchRow
from policies.model import SealRequest

_request = msgspec.json.Decoder(ItemRequest)


class ItemAsking:
    """Makes the request of an item's row, and brings its document."""

    def __init__(
        self, *, in_force: Callable[[], InForce], content: ContentStore, clock: Clock
    ) -> None:
        self._in_force = in_force
        self._content = content
        self._clock = clock

    def request(self, batch: BatchRow, item: ItemRow, lease: Lease | None) -> SigningRequest:
        """What is asked for it, by the caller as the policies have it now.

        Raises:
            SystemGoneProblem: they do not know it any more.
        """
        asked = _request.decode(item.request or b"")
        first = SealRequest(
            caller=caller_now(self._in_force(), batch.system, at=self._clock.now()),
            seal=asked.seal,
            document_type=asked.document_type,
            business_number=asked.business_number,
            attributes=dict(asked.attributes),
            placement=asked.placement,
            requested_by=asked.requested_by,
        )
        return SigningRequest(
            seal_request=first,
            idempotency_key=item.key,
            trace_id=batch.trace_id,
            further=tuple(
                msgspec.structs.replace(first, seal=seal, placement=None) for seal in asked.further
            ),
            lease=lease,
            origin=origin_of(item.batch, item.number),
        )

    async def document(self, item: ItemRow) -> HashedDocument:
        """The bytes that were handed in.

        Raises:
            InputLostProblem: they are not those any more.
            StoreProblem: they cannot be read now.
        """
        if item.location is None or item.input_bytes is None:
            raise InputLostProblem(f"item {item.number} has no input")
        document = await hashed(await self._content.get(item.location, item.input_bytes))
        if document.digest != item.input_digest:
            raise InputLostProblem(
                f"the input of item {item.number} in {item.location.segment} was changed"
            )
        return document
