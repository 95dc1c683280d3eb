"""Bad input: each kind has a problem type of its own, a sentence, and something to do about it."""

import asyncio
import io
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pikepdf
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.client import (
    GatewayRefusedError,
    RequestSigner,
    multipart_body,
)
from tests.hostile.samples import SAMPLES
from tests.running_gateway import RECEIPT, RunningGateway, submission


def _encrypted() -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(RECEIPT)) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(owner="o", user="u"))
    return out.getvalue()


def _without_pages() -> bytes:
    out = io.BytesIO()
    pikepdf.new().save(out)
    return out.getvalue()


CORNER = {"leftMillimetres": 5, "topMillimetres": 5}
PAGE_9 = {"page": 9, "leftMillimetres": 10, "topMillimetres": 10}
OFF_PAGE = {"page": 1, "leftMillimetres": 190, "topMillimetres": 10}

BAD = {
    "not a PDF": ({"document": b"PK\x03\x04 a spreadsheet"}, 422, "document-not-pdf"),
    "truncated": ({"document": RECEIPT[:-2000]}, 422, "document-truncated"),
    "encrypted": ({"document": _encrypted()}, 422, "document-encrypted"),
    "empty": ({"document": b""}, 422, "document-empty"),
    "no pages": ({"document": _without_pages()}, 422, "document-without-pages"),
    "keyword not found": ({"placement": {"keyword": "财务专用"}}, 422, "keyword-not-found"),
    "page out of range": ({"placement": PAGE_9}, 422, "page-out-of-range"),
    "stamp off the page": ({"placement": OFF_PAGE}, 422, "stamp-off-page"),
    "unknown seal": ({"seal": "receipt-west"}, 404, "seal-unknown"),
    "unknown type": ({"document_type": "invoice"}, 422, "request-refused"),
    "unknown attribute": ({"attributes": {"amount_cents": 1, "x": 1}}, 422, "request-refused"),
    "missing attribute": ({"attributes": {}}, 422, "request-refused"),
    "wrongly typed": ({"attributes": {"amount_cents": "1"}}, 422, "request-refused"),
    "not allowed": ({"attributes": {"amount_cents": 9_000_000}}, 403, "policy-denied"),
    "needs approval": ({"attributes": {"amount_cents": 60_000_000}}, 403, "approval-needed"),
    "a script": (
        {"document": SAMPLES["active-content"]["launch"](), "placement": {"invisible": True}},
        422,
        "intake-refused",
    ),
    "NUL in a number": ({"business_number": "WB\x001"}, 400, "request-malformed"),
    "field unknown": ({"placement": {"field": "PartyA"}}, 422, "field-not-found"),
    "page of a set out of range": (
        {"placement": {**CORNER, "pages": "1-9"}},
        422,
        "page-out-of-range",
    ),
    "pages that run backwards": (
        {"placement": {**CORNER, "pages": "3-1"}},
        400,
        "request-malformed",
    ),
    "NUL in a keyword": ({"placement": {"keyword": "\x00"}}, 400, "request-malformed"),
    "a placement of two kinds": (
        {"placement": {**PAGE_9, "keyword": "x"}},
        400,
        "request-malformed",
    ),
}


@pytest.mark.parametrize(("changes", "status", "problem_type"), BAD.values(), ids=BAD.keys())
async def test_bad_input_has_its_own_problem_type_and_a_cure(
    shared_gateway: RunningGateway, changes: dict[str, Any], status: int, problem_type: str
) -> None:
    with pytest.raises(GatewayRefusedError) as refused:
        await shared_gateway.seal(**changes)

    problem = refused.value.problem
    assert (problem["status"], problem["type"]) == (status, f"urn:sealgate:problem:{problem_type}")
    assert problem["detail"]
    assert problem["cure"]
    assert problem["owner"] in {"caller", "officer", "it", "partner"}
    assert (await shared_gateway.seal()).content  # the next request works


async def test_an_intake_refusal_says_what_and_where_and_stands_in_the_log(
    shared_gateway: RunningGateway,
) -> None:
    document = SAMPLES["active-content"]["script at opening"]()
    placement = {"page": 1, "leftMillimetres": 10, "topMillimetres": 10}
    with pytest.raises(GatewayRefusedError) as refused:
        await shared_gateway.seal(document=document, placement=placement)
    problem = refused.value.problem
    (reason,) = problem["reasons"]
    assert reason["rule"] == "intake/active-content"
    assert "object 1 has a script (/JS)" in reason["message"]
    assert "without scripts" in problem["detail"]
    shown = shared_gateway.run("audit", "show", "--json", "-n", "1")
    assert "intake/active-content" in shown.stdout


async def test_a_document_over_the_limit_is_refused_before_it_is_read_to_its_end(
    shared_gateway: RunningGateway,
) -> None:
    host, port = shared_gateway.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    request = _Request(shared_gateway)
    lines = [f"{name}: {value}\r\n" for name, value in request.headers.items()]
    writer.write(
        f"POST /v1/seals/receipt-east/documents HTTP/1.1\r\nHost: {host}:{port}\r\n"
        f"{''.join(lines)}Content-Length: 104857600\r\n\r\nand only the first bytes".encode()
    )
    answer = await reader.readuntil(b"\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b"document-too-large" in await reader.readuntil(b"}")
    writer.close()
    await writer.wait_closed()


class _Request:
    """A signed request that a test can tamper with before it is sent."""

    def __init__(
        self,
        gateway: RunningGateway,
        signer: RequestSigner | None = None,
        document: bytes = RECEIPT,
    ) -> None:
        self.body, content_type = multipart_body(submission(document=document))
        self.url = f"{gateway.url}/v1/seals/receipt-east/documents"
        plain = {"Content-Type": content_type, "Idempotency-Key": os.urandom(8).hex()}
        self.headers = (signer or gateway.signer()).sign("POST", self.url, plain, self.body)

    async def send(self) -> tuple[int, str]:
        async with (
            aiohttp.ClientSession() as session,
            session.post(self.url, data=self.body, headers=self.headers) as response,
        ):
            if response.content_type == "application/pdf":
                return response.status, "sealed"
            problem = await response.json(content_type=None)
            return response.status, problem["type"].removeprefix("urn:sealgate:problem:")


async def test_another_boundary_does_not_make_another_request_of_a_signed_one(
    shared_gateway: RunningGateway,
) -> None:
    evil, evil_type = multipart_body(submission(business_number="EVIL"))
    victim = _Request(shared_gateway, document=RECEIPT + b"\n%\r\n" + evil)
    victim.headers["Content-Type"] = evil_type
    assert await victim.send() == (401, "request-signature-invalid")


async def test_nobody_unknown_gets_a_body_into_memory(shared_gateway: RunningGateway) -> None:
    host, port = shared_gateway.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /v1/seals/receipt-east/documents HTTP/1.1\r\nHost: x\r\n"
        b"Content-Length: 40000000\r\n\r\nand only the first bytes of it"
    )
    assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 401 ")
    writer.close()
    await writer.wait_closed()


async def test_a_request_that_says_not_who_it_is_from(shared_gateway: RunningGateway) -> None:
    request = _Request(shared_gateway)
    del request.headers["Signature-Input"]
    assert await request.send() == (401, "authentication-required")


async def test_a_changed_body_breaks_the_signature(shared_gateway: RunningGateway) -> None:
    request = _Request(shared_gateway)
    request.body = request.body.replace(b"128000", b"128001")
    assert await request.send() == (401, "request-signature-invalid")


@pytest.mark.parametrize(
    "header", ["Content-Type", "Idempotency-Key", "Content-Digest", "Signature"]
)
async def test_a_changed_header_breaks_the_signature(
    shared_gateway: RunningGateway, header: str
) -> None:
    request = _Request(shared_gateway)
    value = request.headers[header]
    request.headers[header] = value[:-6] + ("A" if value[-6] != "A" else "B") + value[-5:]
    assert await request.send() == (401, "request-signature-invalid")


async def test_a_signature_for_another_seal_does_not_serve(shared_gateway: RunningGateway) -> None:
    request = _Request(shared_gateway)
    request.url = request.url.replace("receipt-east", "receipt-south")
    assert await request.send() == (401, "request-signature-invalid")


async def test_a_replay_is_refused(shared_gateway: RunningGateway) -> None:
    request = _Request(shared_gateway)
    assert await request.send() == (200, "sealed")
    assert await request.send() == (401, "request-replayed")


async def test_a_replay_is_refused_after_a_restart(gateway: RunningGateway) -> None:
    request = _Request(gateway)
    assert await request.send() == (200, "sealed")
    gateway.stop()
    port = int(gateway.url.rpartition(":")[2])
    config = gateway.trial.config_file
    config.write_text(config.read_text().replace("port: 0", f"port: {port}"))
    gateway.start()
    assert await request.send() == (401, "request-replayed")


class _ShiftedClock:
    def __init__(self, shift: timedelta) -> None:
        self._shift = shift

    def now(self) -> datetime:
        return datetime.now(UTC) + self._shift  # noqa: TID251 - a caller's clock that is wrong

    def monotonic(self) -> float:
        raise NotImplementedError


@pytest.mark.parametrize("minutes", [-30, 30])
async def test_a_caller_whose_clock_is_far_off(
    shared_gateway: RunningGateway, minutes: int
) -> None:
    signer = RequestSigner.from_file(
        shared_gateway.trial.client_key,
        key_id="tms-2026",
        clock=_ShiftedClock(timedelta(minutes=minutes)),
    )
    assert await _Request(shared_gateway, signer).send() == (401, "request-time-off")


async def test_an_unknown_key_and_a_wrong_key(shared_gateway: RunningGateway) -> None:
    unknown = shared_gateway.signer(key_id="nobody")
    assert await _Request(shared_gateway, unknown).send() == (401, "request-signature-invalid")
    clock = _ShiftedClock(timedelta())
    forger = RequestSigner(key_id="tms-2026", key=Ed25519PrivateKey.generate(), clock=clock)
    assert await _Request(shared_gateway, forger).send() == (401, "request-signature-invalid")


async def test_a_request_without_an_idempotency_key(shared_gateway: RunningGateway) -> None:
    request = _Request(shared_gateway)
    body, content_type = multipart_body(submission())
    request.body = body
    plain = {"Content-Type": content_type}
    request.headers = shared_gateway.signer().sign("POST", request.url, plain, body)
    assert await request.send() == (400, "idempotency-key-missing")


async def test_an_address_that_does_not_exist_and_a_method_that_is_not_taken(
    shared_gateway: RunningGateway,
) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{shared_gateway.url}/v2/x") as response:
            assert (await response.json(content_type=None))["type"].endswith(":not-found")
        async with session.get(f"{shared_gateway.url}/v1/seals/x/documents") as response:
            assert response.status == 405
