"""What this room needs of others."""

from typing import Protocol

from cloud_bridge.network.persons.model import LinkMessage


class CodeSender(Protocol):
    """Brings codes to persons: a text message, a mail, whatever the operator has."""

    async def send(self, *, contact: str, code: str, language: str, id: str) -> None:  # noqa: A002 - Standard Webhooks' word
        """Hand one over.

        Args:
            contact: telephone number or mailbox, whole.
            code: the digits.
            language: `zh` or `en`, in which the person reads.
            id: of this sending; the same again is the same.

        Raises:
            NotSentError: it was not taken.
        """
        ...


class LinkSender(Protocol):
    """Brings links to persons, by the same ways as codes."""

    async def send_link(self, *, contact: str, message: LinkMessage, id: str) -> None:  # noqa: A002 - as above
        """Hand one over.

        Args:
            contact: telephone number or mailbox, whole.
            message: what the person reads.
            id: of this sending; the same again is the same.

        Raises:
            NotSentError: it was not taken.
        """
        ...
