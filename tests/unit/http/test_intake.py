"""What comes in over HTTP: parts, sizes, words; and each nonce once."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.client import multipart_body
from gateway.http.answers import metadata
from gateway.http.callers.nonces import NonceBook
from gateway.http.errors import DocumentTooLargeProblem, MalformedRequestProblem, ReplayProblem
from gateway.http.openapi import openapi, problem_types
from gateway.http.reading.intake import _parsed_parts, _plain_parts, read_submission
from gateway.store.documents import DocumentRow, UsedNonce
from policies.model import AcrossPages, BesideKeyword, Caller, IntoField, OnPages, Several
from tests.running_gateway import submission

LIMIT = 1_000_000


def test_what_the_client_sends_is_what_the_gateway_reads() -> None:
    sent = submission(
        document=b"%PDF-\r\n--not-a-boundary\r\n\x00\xff",
        business_number="回单-0001",
        attributes={"amount_cents": 5, "consignee": "东篱服饰", "urgent": True},
        placement={"keyword": "收货人签章", "occurrence": 2},
    )
    body, content_type = multipart_body(sent)

    got = read_submission(content_type, body, max_document_bytes=LIMIT)

    assert got.document == sent.document
    asked = got.request.seal_request(caller=Caller(system="tms", company="east"), seal="s")
    assert asked.business_number == "回单-0001"
    assert asked.attributes == sent.attributes
    assert asked.placement == BesideKeyword(keyword="收货人签章", occurrence=2)


def test_a_placement_may_be_a_list() -> None:
    spots = [
        {"crossPage": {"edge": "right", "maxPagesPerSeal": 20}},
        {"field": "PartyA"},
        {"pages": "odd", "leftMillimetres": 1, "topMillimetres": 2, "avoid": "overlap"},
    ]
    body, content_type = multipart_body(submission(placement=spots))
    got = read_submission(content_type, body, max_document_bytes=LIMIT).request
    asked = got.seal_request(caller=Caller(system="tms", company="east"), seal="s")
    assert asked.placement == Several(
        placements=(
            AcrossPages(edge="right", max_pages_per_seal=20),
            IntoField(field="PartyA"),
            OnPages(pages="odd", left_mm=1.0, top_mm=2.0, avoid="overlap"),
        )
    )


@pytest.mark.parametrize(
    ("kept", "told"),
    [
        (None, []),
        (b"null", []),
        (b"[]", []),
        (b'{"page":1,"left_mm":2.5}', [{"type": "stamp", "page": 1, "leftMillimetres": 2.5}]),
        (b'[{"type":"stamp","page":2}]', [{"type": "stamp", "page": 2}]),
    ],
)
def test_stamps_are_told_as_a_list_whichever_version_kept_them(
    kept: bytes | None, told: list[dict[str, object]]
) -> None:
    row = DocumentRow(
        **dict.fromkeys(("id", "system", "idempotency_key", "state", "seal"), "x"),
        **dict.fromkeys(("document_type", "business_number", "trace_id"), "x"),
        **dict.fromkeys(("request_digest", "request", "decision", "salt"), b""),
        **dict.fromkeys(("input_digest", "to_be_signed_digest"), b""),
        signed_at=datetime(2026, 11, 26, tzinfo=UTC),
        intent_index=1,
        stamp=kept,
    )
    assert metadata(row)["stamps"] == told


@given(st.binary(max_size=3000))
def test_any_document_survives_the_envelope(document: bytes) -> None:
    body, content_type = multipart_body(submission(document=document))
    got = read_submission(content_type, body, max_document_bytes=LIMIT)
    assert got.document == document


@given(st.binary(max_size=2000), st.text(max_size=80))
def test_any_body_is_read_or_refused_by_name(body: bytes, content_type: str) -> None:
    with pytest.raises((MalformedRequestProblem, DocumentTooLargeProblem)):
        read_submission(content_type, body, max_document_bytes=LIMIT)


_pieces = st.sampled_from(
    [
        b"\r\n--b",
        b"--b",
        b"\r\n",
        b"--",
        b"x",
        b'\r\nContent-Disposition: form-data; name="request"\r\n\r\n',
        b'\r\nContent-Disposition: form-data; name="document"; filename="d.pdf"\r\n\r\n',
        b'\r\nContent-Disposition: form-data; name="document"\r\nContent-Length: 1\r\n\r\n',
        b'\r\nContent-Disposition: attachment; name="request"\r\n\r\n',
        b"\r\nContent-Type: a/b\r\n\r\n",
    ]
)


@settings(max_examples=500)
@given(st.lists(_pieces, max_size=4), st.lists(_pieces, max_size=4), st.lists(_pieces, max_size=4))
def test_what_is_read_without_a_parser_a_parser_reads_alike(
    first: list[bytes], second: list[bytes], third: list[bytes]
) -> None:
    parts = [b"".join(pieces) for pieces in (first, second, third)]
    body = b"--b" + b"\r\n--b".join(part for part in parts if part) + b"\r\n--b--"
    if not body.startswith(b"--b\r\n"):
        return
    plain = _plain_parts(body, b"b")
    if plain is not None:
        assert plain == _parsed_parts(body, "b")


def test_what_our_client_sends_is_read_without_a_parser() -> None:
    _, _, boundary = CONTENT_TYPE.partition("boundary=")
    plain = _plain_parts(BODY, boundary.encode())
    assert plain is not None
    assert plain == _parsed_parts(BODY, boundary)


BODY, CONTENT_TYPE = multipart_body(submission())
WRONG = {
    "not multipart": ("application/json", b"{}"),
    "no boundary": ("multipart/form-data", BODY),
    "another boundary": ("multipart/form-data; boundary=x", BODY),
    "cut": (CONTENT_TYPE, BODY[:-20]),
    "an unknown part": (CONTENT_TYPE, BODY.replace(b'name="request"', b'name="requests"')),
    "a part twice": (CONTENT_TYPE, BODY.replace(b'name="request"', b'name="document"')),
    "an unknown key": (CONTENT_TYPE, BODY.replace(b"businessNumber", b"buisnessNumber")),
    "a float": (CONTENT_TYPE, BODY.replace(b"128000", b"1280.5")),
    "a key twice": (
        CONTENT_TYPE,
        BODY.replace(b'"documentType"', b'"documentType": "x", "documentType"'),
    ),
    "something before the first boundary": (CONTENT_TYPE, b"preamble\r\n" + BODY),
    "something after the last boundary": (CONTENT_TYPE, BODY + b"epilogue"),
    "not JSON": (CONTENT_TYPE, BODY.replace(b'{"documentType"', b'["documentType"')),
}


@pytest.mark.parametrize(("content_type", "body"), WRONG.values(), ids=WRONG.keys())
def test_a_malformed_request_is_refused(content_type: str, body: bytes) -> None:
    with pytest.raises(MalformedRequestProblem):
        read_submission(content_type, body, max_document_bytes=LIMIT)


def test_a_document_over_the_limit_is_refused() -> None:
    with pytest.raises(DocumentTooLargeProblem):
        read_submission(CONTENT_TYPE, BODY, max_document_bytes=100)


def test_a_nonce_counts_once_for_as_long_as_it_could_be_replayed() -> None:
    book = NonceBook([UsedNonce("k", "kept", 100.0)])
    book.use(UsedNonce("k", "n", 60.0), now=0.0)
    book.use(UsedNonce("other", "n", 60.0), now=0.0)
    for value in ("n", "kept"):
        with pytest.raises(ReplayProblem):
            book.use(UsedNonce("k", value, 60.0), now=59.0)


def test_old_nonces_are_forgotten() -> None:
    book = NonceBook()
    for number in range(100):
        book.use(UsedNonce("k", str(number), number + 10.0), now=float(number))
    assert len(book) <= 11


def test_a_clock_that_was_ahead_once_does_not_keep_nonces_for_as_long() -> None:
    book = NonceBook()
    book.use(UsedNonce("k", "ahead", 100_060.0), now=100_000.0)
    for number in range(100):
        book.use(UsedNonce("k", str(number), number + 10.0), now=float(number))
    assert len(book) <= 11


def test_a_clock_that_steps_back_lets_nothing_in_twice() -> None:
    book = NonceBook()
    book.use(UsedNonce("k", "n", 110.0), now=50.0)
    with pytest.raises(ReplayProblem):
        book.use(UsedNonce("k", "n", 60.0), now=0.0)


def test_every_problem_says_what_happened_who_can_help_and_what_to_do() -> None:
    for name, problem in problem_types().items():
        assert problem.type == name
        assert problem.title != problem.cure
        assert problem.cure.endswith(".")
        assert 400 <= problem.status < 600


def test_the_description_refers_only_to_what_it_has() -> None:
    described = openapi()
    schemas = described["components"]["schemas"]

    def walk(node: object) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                _, _, section, name = str(node["$ref"]).split("/")
                assert name in described["components"][section], node["$ref"]
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(described)
    assert {"SealRequest", "Document", "Problem", "DecisionRecord"} <= schemas.keys()
