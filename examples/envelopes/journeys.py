"""What the demo shows: a contract of two, one refused, one that a person signs, goods received."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from examples.envelopes import browser
from examples.envelopes.companies import Company
from examples.envelopes.following import Sent, arrived, kept_by_all, send, send_described
from examples.envelopes.network import TrialNetwork
from examples.envelopes.proving import Evidence, bundle_of, prove
from examples.running import say

CONTRACTS = Path(__file__).parents[1] / "contracts"
PERSON, CONTACT = "王芳", "13800005678"
_DRIVER, _TAIL = "陈师傅", "5678"


@dataclass
class House:
    """All that runs, and what was not as it should be.

    Attributes:
        pictures: where screenshots go; None: none are taken.
        run: makes the numbers of this run its own.
    """

    network: TrialNetwork
    carrier: Company
    buyer: Company
    folder: Path
    run: str
    pictures: Path | None = None
    unexpected: list[str] = field(default_factory=list)

    def options(self, number: str) -> tuple[str, ...]:
        """What the carrier says of each envelope."""
        return (
            *("--company", self.carrier.name, "--seal", "contract"),
            *("--type", "purchase-contract", "--number", f"{number}-{self.run}"),
        )

    def prove(self, sent: Sent, name: str, *, signatures: int, by: Sequence[Company]) -> None:
        """Have what was completed judged, as every company holds it."""
        kept = kept_by_all(sent, by, name)
        papers = {paper.read_bytes() for paper, _ in kept}
        if len(papers) > 1:
            self.unexpected.append(f"{name}: the companies hold different files")
        roots = (self.carrier.ca, self.buyer.ca)
        self.unexpected += prove(
            Evidence(
                document=kept[0][0],
                signatures=signatures,
                transcripts=[transcript for _, transcript in kept],
                roots=bundle_of(roots, self.folder / "companies.pem"),
                persons_root=self.network.persons_root,
                network_key=self.network.key,
                name=name,
            )
        )

    def expect(self, is_so: bool, words: str) -> bool:  # noqa: FBT001 - said of the words
        """Note what is otherwise than it should be."""
        if not is_so:
            self.unexpected.append(words)
        return is_so


def sealed_by_both(house: House) -> None:
    """A contract goes out with the carrier's seal, and comes back with the buyer's."""
    name = "采购合同.pdf"
    to = ("--to", f"{house.buyer.organisation}={house.buyer.title}", "--we-sign", "last")
    sent = send(house.carrier, house.folder, CONTRACTS / name, *house.options("PO"), *to)
    ended = sent.until(house.carrier, "completed", "declined")
    if house.expect(ended.status == "completed", f"{name}: {ended.status}: {ended.trouble}"):
        say(f"   {name}: sealed by {house.buyer.title}, then by {house.carrier.title}")
        house.prove(sent, name, signatures=2, by=(house.carrier, house.buyer))


def refused_by_policy(house: House) -> None:
    """The buyer's policies do not let a contract pass: nobody has to look at it to refuse."""
    name = "担保合同.pdf"
    to = ("--to", f"{house.buyer.organisation}={house.buyer.title}", "--we-sign", "last")
    sent = send(house.carrier, house.folder, CONTRACTS / name, *house.options("GU"), *to)
    ended = sent.until(house.carrier, "completed", "declined")
    if house.expect(ended.status == "declined", f"{name} is {ended.status}, and not declined"):
        arrived(sent, house.buyer)
        say(f"   {name}: {house.buyer.title} declined; the sender is told that, and no rule")
        reasons = house.buyer.denied_last()
        house.expect(bool(reasons), f"{name}: the buyer's record says not why")
        for rule, message in reasons:
            say(f"      {rule}: {message}", markup=False)


def signed_by_a_person(house: House) -> None:
    """The carrier's seal, then a driver's own hand, in a browser."""
    name = "任务确认书.pdf"
    account = house.network.add_person(PERSON, contact=CONTACT)
    described = house.folder / "任务确认书.envelope.yaml"
    _describe(described, CONTRACTS / name, house, "YS", _for_a_person(house, account, name))
    sent = send_described(house.carrier, described)
    sent.until(house.carrier, party="person", state="its-turn")
    link = house.carrier.told("envelope", "link", sent.id, "person").strip()
    with browser.telephone(house.pictures) as telephone:
        browser.sign(telephone, link, code=lambda: house.network.last_code(CONTACT))
    ended = sent.until(house.carrier, "completed", "declined")
    if house.expect(ended.status == "completed", f"{name}: {ended.status}: {ended.trouble}"):
        say(f"   {name}: sealed by {house.carrier.title}, signed by {PERSON} in a browser")
        house.prove(sent, name, signatures=2, by=(house.carrier,))


def claimed_at_delivery(house: House) -> None:
    """Whoever holds the goods signs first, then the carrier's seal, by itself."""
    name = "签收单.pdf"
    described = house.folder / "签收单.envelope.yaml"
    _describe(described, CONTRACTS / name, house, "WB", _for_whoever_receives(house, name))
    sent = send_described(house.carrier, described)
    sent.until(house.carrier, party="bearer", state="its-turn")
    label = house.carrier.told("envelope", "link", sent.id, "bearer").strip()
    with browser.telephone(house.pictures) as telephone:
        browser.receive(telephone, label, name=_DRIVER, tail=_TAIL)
    ended = sent.until(house.carrier, "completed", "declined")
    if house.expect(ended.status == "completed", f"{name}: {ended.status}: {ended.trouble}"):
        say(f"   {name}: received by {_DRIVER} with a remark, sealed by {house.carrier.title}")
        house.prove(sent, name, signatures=2, by=(house.carrier,))


def _describe(path: Path, contract: Path, house: House, number: str, more: dict[str, Any]) -> None:
    said = {
        "title": contract.stem,
        "company": house.carrier.name,
        "seal": "contract",
        "documentType": "purchase-contract",
        "businessNumber": f"{number}-{house.run}",
        "expiresAt": "2030-12-31T00:00:00Z",
        "mode": "open",
        **more,
        "files": [{"path": str(contract)}],
    }
    path.write_text(yaml.safe_dump(said, allow_unicode=True, sort_keys=False), encoding="utf-8")


def _us(house: House, *, turn: int) -> dict[str, Any]:
    return {
        "id": "us",
        "kind": "organisation",
        "account": house.carrier.organisation,
        "name": house.carrier.title,
        "turn": turn,
    }


def _field(name: str, kind: str, document: str, *box: float) -> dict[str, Any]:
    left, top, width, height = box
    place = {"page": 1, "leftMm": left, "topMm": top, "widthMm": width, "heightMm": height}
    return {"name": name, "kind": kind, "document": document, "box": place}


def _for_a_person(house: House, account: str, document: str) -> dict[str, Any]:
    person = {
        "id": "person",
        "kind": "person",
        "account": account,
        "name": PERSON,
        "turn": 2,
        "handwriting": "required",
        "fields": [
            _field("signature", "signature", document, 115, 222, 60, 24),
            {**_field("date", "date", document, 130, 248, 45, 8), "label": "日期"},
        ],
    }
    return {"parties": [_us(house, turn=1), person]}


def _for_whoever_receives(house: House, document: str) -> dict[str, Any]:
    bearer = {
        "id": "bearer",
        "kind": "bearer",
        "level": "none",
        "contactTail": _TAIL,
        "handwriting": "required",
        "fields": [
            _field("goods", "text", document, 25, 130, 160, 24),
            {**_field("remark", "text", document, 25, 158, 160, 12), "required": False},
            _field("signature", "signature", document, 115, 222, 60, 24),
        ],
    }
    delivery = {
        "waybill": f"WB-{house.run}",
        "shipper": house.buyer.title,
        "carrier": house.carrier.title,
        "consignee": "江南示例门店",
        "lines": [["保温箱", 12], ["托盘", 4]],
    }
    return {
        "documentType": "delivery-receipt",
        "delivery": delivery,
        "parties": [bearer, _us(house, turn=2)],
    }
