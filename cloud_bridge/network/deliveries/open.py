"""Puts deliveries together, as a room of the network."""

from dataclasses import dataclass
from typing import Final

from cloud_bridge.network.authority import Authority
from cloud_bridge.network.core import Core, Room
from cloud_bridge.network.deliveries.addresses.copies import Copies
from cloud_bridge.network.deliveries.addresses.labels import Labels
from cloud_bridge.network.deliveries.claims import Claims
from cloud_bridge.network.deliveries.codes import Codes
from cloud_bridge.network.deliveries.gate import Gate
from cloud_bridge.network.deliveries.handlers import Handlers
from cloud_bridge.network.deliveries.interfaces import CopySender
from cloud_bridge.network.deliveries.pages import Pages
from cloud_bridge.network.deliveries.photos.darkroom import Darkroom
from cloud_bridge.network.deliveries.receipts.receiving import Receiving
from cloud_bridge.network.deliveries.receipts.writing import Writing
from cloud_bridge.network.deliveries.statuses import Statuses
from cloud_bridge.network.http.askers import Askers
from cloud_bridge.network.pages.open import pages_url, sender_of
from cloud_bridge.network.persons.interfaces import CodeSender
from cloud_bridge.network.press.authority import PersonAuthority
from cloud_bridge.network.press.interfaces import Press
from cloud_bridge.network.press.pressing import ChildPress

_RESUME_SECONDS: Final = 30.0
_TELL_SECONDS: Final = 5.0


def deliveries_room(core: Core) -> Room:
    """Labels, claims, receipts, copies and statuses.

    Raises:
        OSError, ValueError: a key or secret cannot be read.
    """
    config = core.config
    authority = PersonAuthority(Authority.read(config.keys.persons_ca), config.name)
    sender = sender_of(core)
    return Deliveries(
        press=ChildPress(authority, core.time, font=config.persons.font),
        codes=sender,
        copies=sender,
        url=pages_url(config),
    ).room(core)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """What is needed beside the core.

    Attributes:
        press: writes into documents.
        codes: brings codes to telephones.
        copies: brings addresses of copies.
        url: scheme and authority at which telephones reach the pages.
    """

    press: Press
    codes: CodeSender
    copies: CopySender
    url: str

    def room(self, core: Core) -> Room:
        """Deliveries over the network's own rows and records."""
        lane, book, time = core.lane, core.book, core.time
        labels = Labels(lane=lane, book=book, persons=core.accounts, url=self.url)
        codes = Codes(lane=lane, time=time, sender=self.codes)
        claims = Claims(lane=lane, book=book, time=time, codes=codes)
        writing = Writing(book=book, press=self.press)
        receiving = Receiving(
            lane=lane,
            book=book,
            time=time,
            claims=claims,
            darkroom=Darkroom(),
            writing=writing,
        )
        copies = Copies(
            lane=lane,
            book=book,
            time=time,
            persons=core.accounts,
            sender=self.copies,
            url=self.url,
        )
        handlers = Handlers(
            book=book,
            time=time,
            labels=labels,
            claims=claims,
            receiving=receiving,
            gate=Gate(),
            copies=copies,
            statuses=Statuses(lane=lane, book=book, time=time),
            pages=Pages(network=core.config.name),
            askers=Askers(
                is_behind_proxy=core.config.pages.external_url is not None,
                header=core.config.pages.address_header,
            ),
        )
        return Room(
            routes=handlers.routes(),
            links={"bearer": labels},
            work=((receiving.resume, _RESUME_SECONDS), (copies.tell, _TELL_SECONDS)),
        )
