"""What deliveries ask of whoever runs the network."""

from typing import Protocol


class CopySender(Protocol):
    """Brings the address of a copy to a telephone or mailbox."""

    async def send_copy(self, *, contact: str, waybill: str, url: str, id: str) -> None:  # noqa: A002 - Standard Webhooks' word
        """Hand one over.

        Args:
            contact: telephone number or mailbox, whole.
            waybill: of which goods.
            url: where the copy is, until it expires.
            id: of this sending; the same again is the same.

        Raises:
            NotSentError: it was not taken.
        """
        ...
