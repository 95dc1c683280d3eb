"""Contents and what stands on them go together where the network has said that it takes them so."""

from dataclasses import dataclass, field

import msgspec
import pytest

from cloud_bridge.client.calling import Answer, Question
from cloud_bridge.client.model import Way
from cloud_bridge.client.reference import ReferenceNetwork
from cloud_bridge.encryption import plain
from cloud_bridge.envelopes.statements import Reminded, Statement
from cloud_bridge.errors import NetworkRefusedError
from cloud_bridge.keys import SigningKey, sign_statement
from cloud_bridge.wire import NetworkIdentity, Parcel
from tests.signing_house import START

KEY = SigningKey.generate()
ENVELOPE = "00000000-0000-4000-8000-000000000001"
DOCUMENT = b"%PDF-1.7 a contract"


@dataclass
class Asked:
    """In place of the caller: says who it is, and knows no other path."""

    identity: NetworkIdentity
    paths: list[str] = field(default_factory=list)

    async def ask(self, question: Question) -> Answer:
        self.paths.append(question.path)
        if question.path == "/v1/identity":
            return Answer({}, msgspec.json.encode(self.identity))
        raise NetworkRefusedError("there is no such path", type="not-found")


def network(*, parcel_bytes: int) -> tuple[ReferenceNetwork, Asked]:
    identity = NetworkIdentity(name="n", signing_key=KEY.public, parcel_bytes=parcel_bytes)
    asked = Asked(identity)
    way = Way(url="https://network.example", network_key=KEY.public)
    return ReferenceNetwork(way, caller=asked), asked  # type: ignore[arg-type]  # all of it that is used


def parcel() -> Parcel:
    statement = Statement(
        id="one",
        envelope=ENVELOPE,
        terms="0" * 64,
        author="org-one",
        act=Reminded(party="buyer"),
        at=START,
    )
    return Parcel(
        statement=sign_statement(statement, KEY, card=1),
        contents=(plain(DOCUMENT, envelope=ENVELOPE),),
    )


@pytest.mark.parametrize("most", [0, len(DOCUMENT) - 1])
async def test_a_network_that_takes_nothing_together_or_less_is_not_asked(most: int) -> None:
    older, asked = network(parcel_bytes=most)
    for _ in range(2):
        with pytest.raises(NetworkRefusedError) as refused:
            await older.bring(parcel())
        assert refused.value.type == "not-together"
    assert asked.paths == ["/v1/identity"]


async def test_a_network_that_has_gone_back_to_an_older_version_is_asked_once() -> None:
    older, asked = network(parcel_bytes=len(DOCUMENT))
    for type_ in ("not-found", "not-together"):
        with pytest.raises(NetworkRefusedError) as refused:
            await older.bring(parcel())
        assert refused.value.type == type_
    assert asked.paths == ["/v1/identity", f"/v1/envelopes/{ENVELOPE}/parcels"]
    await older.identity()  # asked anew after an outage: it may have been brought up to date
    with pytest.raises(NetworkRefusedError):
        await older.bring(parcel())
    assert asked.paths[2:] == ["/v1/identity", f"/v1/envelopes/{ENVELOPE}/parcels"]
