"""Envelopes over HTTP: what is taken, what is told, and what is refused with words that help."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestServer

from cloud_bridge.envelopes.statements import Opened
from gateway.client import EnvelopeClient, GatewayClient, GatewayRefusedError, RequestSigner
from gateway.http.envelopes.handlers import EnvelopeRoutes
from gateway.http.envelopes.submission import EnvelopeSubmission
from gateway.http.errors import EnvelopeTooLargeProblem
from gateway.http.reading.uploads import Uploads
from tests.envelope_parties import BUYER, PAPER, SELLER, sha256, terms_of
from tests.envelopes_in_memory import EnvelopesInMemory
from tests.signing_house import FakeClock, House, signing_house
from tests.unit.http.test_routes import KEY, api_of, with_powers

GOODS = {
    "waybill": "WB-817",
    "shipper": "A",
    "carrier": "B",
    "consignee": "C",
    "lines": [["托盘", 4]],
}
CONTRACT = "采购合同 (正本).pdf"


def asked(**changes: object) -> dict[str, Any]:
    ordinary = {
        "title": "采购合同",
        "company": "east",
        "seal": "company-east",
        "documentType": "purchase-contract",
        "businessNumber": "PO-7",
        "expiresAt": "2026-12-27T00:00:00+08:00",
        "attributes": {"amount_cents": 100},
        "parties": [
            {"id": "us", "kind": "organisation", "account": "org-buyer", "name": "买方有限公司"},
            {
                "id": "them",
                "kind": "organisation",
                "account": "org-seller",
                "name": "Seller Ltd",
                "turn": 2,
            },
        ],
    }
    return {**ordinary, **changes}


@dataclass
class Served:
    """A gateway whose company is east, and its envelopes."""

    url: str
    client: EnvelopeClient
    plain: GatewayClient
    envelopes: EnvelopesInMemory

    async def sent(self, *, key: str = "k", **changes: object) -> dict[str, Any]:
        return await self.client.send(asked(**changes), [(CONTRACT, PAPER)], key=key)


@asynccontextmanager
async def served(
    directory: Path,
    *,
    envelopes: EnvelopesInMemory | None = None,
    most_bytes: int = 10_000,
    clock: FakeClock | None = None,
) -> AsyncIterator[Served]:
    """Serve them, at START or as late as it is."""
    made = envelopes or EnvelopesInMemory()
    async with signing_house(directory, clock=clock) as house:
        api = api_of(house, with_powers(house), *_routes(house, made, most_bytes), origin=None)
        async with TestServer(api.application()) as server:
            url = str(server.make_url("")).rstrip("/")
            signer = RequestSigner(key_id="key", key=KEY, clock=house.clock)
            async with GatewayClient(url, signer) as client:
                yield Served(url, EnvelopeClient(client), client, made)


def _routes(house: House, envelopes: EnvelopesInMemory, most_bytes: int) -> tuple[Any, ...]:
    uploads = Uploads(
        house.directory / "uploads", most_bytes=most_bytes, too_large=EnvelopeTooLargeProblem
    )
    submission = EnvelopeSubmission(envelopes, uploads=uploads, most_document_bytes=5000)
    routes = EnvelopeRoutes(envelopes, most_document_bytes=5000)
    return (*submission.routes(), *routes.routes())


def problem(error: pytest.ExceptionInfo[GatewayRefusedError]) -> tuple[str, str]:
    told = error.value.problem
    return str(told["type"]).rpartition(":")[2], str(told["detail"])


async def test_an_envelope_that_is_sent_is_told_with_its_terms(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        told = await house.sent()
        envelope, terms = told["envelope"], told["terms"]
        assert (envelope["status"], envelope["ours"]) == ("signing", True)
        assert [party["state"] for party in envelope["parties"]] == ["its-turn", "waiting"]
        assert terms["documents"] == [
            {
                "name": CONTRACT,
                "digest": sha256(PAPER),
                "size": len(PAPER),
                "type": "purchase-contract",
            }
        ]
        assert terms["expiresAt"] == "2026-12-26T16:00:00Z"
        assert await house.client.show(envelope["id"]) == envelope


async def test_what_is_for_our_policies_does_not_stand_in_the_terms(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        told = json.dumps((await house.sent())["terms"])
        assert "PO-7" not in told
        assert "amount_cents" not in told
        told = json.dumps((await house.sent(key="2", tellNumber=True))["terms"])
        assert "PO-7" in told


async def test_the_same_key_gives_the_same_envelope(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        first, second = await house.sent(), await house.sent()
        assert (first["repeated"], second["repeated"]) == (False, True)
        assert first["envelope"] == second["envelope"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"title": None}, "title: "),
        ({"parties": []}, "parties: "),
        ({"mode": "secret"}, "mode: "),
        ({"expiresAt": "2026-12-27T00:00:00"}, "expiresAt: "),
        ({"sealed": True}, "sealed: unknown key"),
        ({"attributes": {"amount": 1.5}}, "attributes.amount: should be text, true or false"),
        ({"parties": [{"id": "a", "kind": "person"}]}, "party a has no account"),
        (
            {"parties": [{"id": "a", "kind": "bearer", "account": "x"}]},
            "party a is a bearer, whom nobody knows beforehand",
        ),
        ({"parties": [{"id": "a", "kind": "bearer"}] * 2}, "party a comes twice"),
        # What nobody could sign is refused by the same rules as at the network.
        (
            {"parties": [{"id": "a", "kind": "bearer"}], "delivery": GOODS},
            "the network cannot show what is encrypted",
        ),
        # No label could be made for these, after our seal went on.
        ({"parties": [{"id": "a", "kind": "bearer"}]}, "nothing says of which goods"),
        ({"delivery": GOODS}, "nobody takes them"),
    ],
)
async def test_what_cannot_be_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, object], why: str
) -> None:
    async with served(tmp_path) as house:
        with pytest.raises(GatewayRefusedError) as error:
            await house.sent(**change)
        assert problem(error)[0] == "request-malformed"
        assert why in problem(error)[1]
        assert house.envelopes.kept == {}


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ([], "0 parts are `document`"),
        ([("a.pdf", PAPER), ("A.pdf", PAPER)], "a.pdf comes more than once"),
        ([("..", PAPER)], "'..' is no name for a document"),
        ([("a/b.pdf", PAPER)], "'a/b.pdf' is no name for a document"),
        ([("a\u202efdp.pdf", PAPER)], "is no name for a document"),
    ],
)
async def test_documents_have_plain_names_of_their_own(
    tmp_path: Path, files: list[tuple[str, bytes]], why: str
) -> None:
    async with served(tmp_path) as house:
        with pytest.raises(GatewayRefusedError) as error:
            await house.client.send(asked(), files, key="k")
        assert problem(error)[0] == "request-malformed"
        assert why in problem(error)[1]


async def test_what_is_too_large_is_refused_as_a_document_or_as_a_whole(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        for size, told in ((5001, "document-too-large"), (20_000, "envelope-too-large")):
            with pytest.raises(GatewayRefusedError) as error:
                await house.client.send(asked(), [("a.pdf", bytes(size))], key="k")
            assert problem(error)[0] == told


async def test_a_list_tells_the_newest_first_and_where_it_goes_on(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        ids = [(await house.sent(key=str(each)))["envelope"]["id"] for each in range(3)]
        page = await house.client.page(most=2)
        assert [each["id"] for each in page["envelopes"]] == [ids[2], ids[1]]
        rest = await house.client.page(most=2, after=page["next"])
        assert [each["id"] for each in rest["envelopes"]] == [ids[0]]
        assert rest["next"] is None
        assert (await house.client.page(status="completed"))["envelopes"] == []
        with pytest.raises(GatewayRefusedError, match="none of sending"):
            await house.client.page(status="lost")


@pytest.mark.parametrize("said", ["101", "0" * 11 + "1999", "0" * 5000 + "1", "-1", "1e1", "１"])
async def test_a_number_is_as_large_as_it_may_be_however_it_is_written(
    tmp_path: Path, said: str
) -> None:
    async with served(tmp_path) as house:
        with pytest.raises(GatewayRefusedError, match="not 1 to 100"):
            await house.plain.get_json(f"/v1/envelopes?limit={said}")


async def test_who_watches_is_told_as_soon_as_something_happens(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        envelope = (await house.sent())["envelope"]
        waiting = asyncio.create_task(
            house.client.watch(envelope["id"], beyond=envelope["sequence"], seconds=60)
        )
        made = house.envelopes.kept[envelope["id"]].made
        made.say(Opened(), by="org-buyer", party="us")
        while not waiting.done():
            await house.envelopes.news()
            await asyncio.sleep(0)
        told = await waiting
        assert told["sequence"] == envelope["sequence"] + 1
        assert told["parties"][0]["state"] == "opened"


async def test_who_watches_an_envelope_where_nothing_happens_is_told_so(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        envelope = (await house.sent())["envelope"]
        told = await house.client.watch(envelope["id"], beyond=envelope["sequence"], seconds=0)
        assert told == envelope


async def test_an_envelope_of_ours_can_be_withdrawn_and_says_so(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        envelope = (await house.sent())["envelope"]["id"]
        told = await house.client.withdraw(envelope, reason="写错了价格")
        assert told["status"] == "withdrawn"
        with pytest.raises(GatewayRefusedError, match="it is withdrawn"):
            await house.client.withdraw(envelope, reason="again")


async def test_one_of_theirs_can_be_declined(tmp_path: Path) -> None:
    envelopes = EnvelopesInMemory()
    theirs = terms_of(SELLER, BUYER, initiator="org-seller")
    async with served(tmp_path, envelopes=envelopes) as house:
        await envelopes.receive(theirs, by="org-seller", contents={})
        (told,) = (await house.client.page())["envelopes"]
        assert told["ours"] is False
        declined = await house.client.decline(told["id"], reason="not our order")
        assert declined["status"] == "declined"
        with pytest.raises(GatewayRefusedError, match="it is declined"):
            await house.client.decline(told["id"], reason="not our order")


async def test_a_person_gets_a_link_that_nobody_on_the_way_keeps(tmp_path: Path) -> None:
    person = {"id": "p", "kind": "person", "account": "person-1", "name": "王芳"}
    async with served(tmp_path) as house:
        envelope = (await house.sent(parties=[person], mode="open"))["envelope"]["id"]
        first, second = [await house.client.link(envelope, "p") for _ in range(2)]
        assert first["url"] != second["url"]
        assert (await house.client.remind(envelope, "p"))["status"] == "signing"
        body = json.dumps({"party": "p"}).encode()
        headers = {"Content-Type": "application/json"}
        path = f"/v1/envelopes/{envelope}/links"
        async with house.plain.exchange("POST", path, headers=headers, body=body) as answer:
            assert answer.headers["Cache-Control"] == "no-store"


async def test_a_person_is_found_by_contact_and_the_contact_is_not_told_again(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as house:
        first, again = [await house.client.person("王芳", "13800004821") for _ in range(2)]
        assert first == again
        assert first == {
            "account": "person-1",
            "name": "王芳",
            "contact": "138****4821",
            "level": "none",
        }
        with pytest.raises(GatewayRefusedError, match="contact"):
            await house.client.person("王芳", "1\n2")


async def test_a_claim_that_was_left_lying_is_released(tmp_path: Path) -> None:
    parties = [
        {"id": "receiver", "kind": "bearer", "contactTail": "4821"},
        {"id": "p", "kind": "person", "account": "person-1", "name": "王芳", "turn": 2},
    ]
    envelopes = EnvelopesInMemory()
    async with served(tmp_path, envelopes=envelopes) as house:
        envelope = (await house.sent(parties=parties, mode="open", delivery=GOODS))["envelope"][
            "id"
        ]
        assert (await house.client.release(envelope, "receiver"))["status"] == "signing"
        assert envelopes.released == ["receiver"]
        with pytest.raises(GatewayRefusedError):
            await house.client.release(envelope, "p")


async def test_documents_come_back_under_their_own_names(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        envelope = (await house.sent())["envelope"]["id"]
        assert await house.client.document(envelope, CONTRACT) == PAPER
        with pytest.raises(GatewayRefusedError):
            await house.client.document(envelope, "another.pdf")


async def test_a_file_that_travelled_another_way_is_taken_if_it_is_the_one(tmp_path: Path) -> None:
    envelopes = EnvelopesInMemory()
    theirs = terms_of(SELLER, BUYER, initiator="org-seller", mode="digest")
    async with served(tmp_path, envelopes=envelopes) as house:
        await envelopes.receive(theirs, by="org-seller", contents={})
        envelope, name = theirs.envelope, theirs.documents[0].name
        with pytest.raises(GatewayRefusedError, match="another file"):
            await house.client.attach(envelope, name, b"%PDF-1.7 another")
        assert (await house.client.attach(envelope, name, PAPER))["id"] == envelope
        assert await house.client.document(envelope, name) == PAPER


async def test_a_body_that_is_not_the_one_that_was_signed_changes_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as house:
        envelope = (await house.sent())["envelope"]["id"]
        genuine = house.plain._signer.sign

        def forged(
            method: str,
            url: str,
            headers: dict[str, str],
            body: bytes | None = None,
            *,
            digest: bytes | None = None,
        ) -> dict[str, str]:
            other = None if body is None else b'{"reason": "another"}'
            return genuine(method, url, headers, other, digest=digest)

        house.plain._signer.sign = forged  # type: ignore[method-assign]
        with pytest.raises(GatewayRefusedError) as error:
            await house.client.withdraw(envelope, reason="forged")
        assert problem(error)[0] == "request-signature-invalid"
        with pytest.raises(GatewayRefusedError) as error:
            await house.client.attach(envelope, CONTRACT, PAPER)
        assert problem(error)[0] == "request-signature-invalid"
        with pytest.raises(GatewayRefusedError) as error:
            await house.sent(key="another")
        assert problem(error)[0] == "request-signature-invalid"
        assert house.envelopes.kept[envelope].made.state.status == "signing"


async def test_a_gateway_without_a_network_says_how_to_get_one(tmp_path: Path) -> None:
    async with signing_house(tmp_path) as house:
        routes = EnvelopeRoutes(None, most_document_bytes=1).routes()
        api = api_of(house, with_powers(house), *routes, origin=None)
        async with TestServer(api.application()) as server:
            signer = RequestSigner(key_id="key", key=KEY, clock=house.clock)
            url = str(server.make_url("")).rstrip("/")
            async with GatewayClient(url, signer) as client:
                with pytest.raises(GatewayRefusedError) as error:
                    await EnvelopeClient(client).page()
    assert problem(error)[0] == "envelopes-not-set-up"
    assert "bridge:" in error.value.problem["cure"]
