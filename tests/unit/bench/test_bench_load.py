"""What the load generator prepares, and how it reads an answer's head."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from bench.errors import BenchError
from bench.installation import with_port
from bench.load import Task, content_length, prepared_requests
from gateway.cli.options import CLIENT_KEY_ID
from gateway.http.reading.intake import read_submission

DOCUMENT = b"%PDF-1.7\n" + bytes(range(256))


def _task(directory: Path, *, requests: int) -> Task:
    key = directory / "client.pem"
    key.write_bytes(
        Ed25519PrivateKey.generate().private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
        )
    )
    return Task(
        port=8480,
        key_id=CLIENT_KEY_ID,
        key_file=str(key),
        document="unread",
        document_type="logistics-receipt",
        amount_cents=128_000,
        consignee="东篱服饰有限公司",
        seal="receipt-east",
        placement={"page": 1, "leftMillimetres": 120, "topMillimetres": 200},
        connections=1,
        requests=requests,
        warm_up=0,
        seconds=1,
        open_loop_per_s=None,
        samples=1,
        samples_directory=str(directory),
    )


def _headers(head: bytes) -> dict[str, str]:
    lines = head.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


def test_a_prepared_request_is_what_the_gateway_reads(tmp_path: Path) -> None:
    ((before, after),) = prepared_requests(_task(tmp_path, requests=1), DOCUMENT)
    head, _, start = before.partition(b"\r\n\r\n")
    headers = _headers(before)
    body = start + DOCUMENT + after
    assert head.startswith(b"POST /v1/seals/receipt-east/documents HTTP/1.1\r\n")
    assert int(headers["Content-Length"]) == len(body)
    submission = read_submission(headers["Content-Type"], body, max_document_bytes=1000)
    assert submission.document == DOCUMENT
    assert submission.request.business_number == "BENCH-00000000"


def test_no_two_requests_share_a_nonce_or_an_idempotency_key(tmp_path: Path) -> None:
    heads = [before for before, _ in prepared_requests(_task(tmp_path, requests=20), DOCUMENT)]
    headers = [_headers(head) for head in heads]
    assert len({each["Idempotency-Key"] for each in headers}) == len(heads)
    nonces = {each["Signature-Input"].partition("nonce=")[2].split(";")[0] for each in headers}
    assert len(nonces) == len(heads)


def test_the_length_of_an_answer_is_read_whatever_the_header_s_case() -> None:
    assert content_length(b"HTTP/1.1 200 OK\r\nServer: x\r\nContent-Length: 52877") == 52877
    assert content_length(b"HTTP/1.1 200 OK\r\ncontent-length:12\r\nServer: x") == 12


def test_an_answer_without_a_length_is_refused() -> None:
    with pytest.raises(BenchError, match="Content-Length"):
        content_length(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked")


def test_the_port_of_a_trial_is_replaced_and_nothing_else() -> None:
    config = "state_directory: /x\nhttp:\n  host: 127.0.0.1\n  port: 8480\npolicies: {}\n"
    assert with_port(config, 9) == config.replace("8480", "9")
