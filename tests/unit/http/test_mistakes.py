"""What is told of a `request` part that is wrong: the sender's own keys, and what belongs there."""

import json
from typing import Any

import pytest

from gateway.client import multipart_body
from gateway.http.errors import MalformedRequestProblem
from gateway.http.reading.intake import SealRequestInput, parsed_json, read_submission
from tests.running_gateway import submission

CORNER = {"leftMillimetres": 1, "topMillimetres": 1}
PAGE = "should be a page number from 1, or `last`"
NAME = "an attribute's name has Latin letters, digits and `_`, and begins with no digit"
VALUE = "should be text, true or false, or a whole number"

MISTAKES = {
    "page 0": ({"placement": {"page": 0, **CORNER}}, [f"placement.page: {PAGE}"]),
    "a page in words": ({"placement": {"page": "first", **CORNER}}, [f"placement.page: {PAGE}"]),
    "in a list": ({"placement": [{"page": 0, **CORNER}]}, [f"placement.0.page: {PAGE}"]),
    "in a further seal": (
        {"further": [{"seal": "b", "placement": {"page": 0}}]},
        [f"further.0.placement.page: {PAGE}"],
    ),
    "no occurrence": (
        {"placement": {"keyword": "a", "occurrence": "x"}},
        ["placement.occurrence: should be a number from 1, or `first`, `last` or `all`"],
    ),
    "no object": ({"placement": "corner"}, ["placement: should be an object"]),
    "an empty list": (
        {"placement": []},
        ["placement: should have at least 1 item after validation, not 0"],
    ),
    "a Chinese attribute": ({"attributes": {"金额": 1}}, [f"attributes.金额: {NAME}"]),
    "a number of more than 64 bits": (
        {"attributes": {"page": 2**63}},
        [f"attributes.page: {VALUE}"],
    ),
    "a fraction": ({"attributes": {"page": 1.5}}, [f"attributes.page: {VALUE}"]),
    "an unknown key": ({"placement": {"bogus": 1}}, ["placement.bogus: unknown key"]),
    "a key that is like the model's own": (
        {"placement": {"place": 1}},
        ["placement.place: unknown key"],
    ),
    "no seal": ({"further": [{}]}, ["further.0.seal: required, but missing"]),
    "two at once": (
        {"placement": {"page": 0, **CORNER}, "attributes": {"a": None}},
        [f"attributes.a: {VALUE}", f"placement.page: {PAGE}"],
    ),
}


def refusal(changes: dict[str, Any]) -> MalformedRequestProblem:
    plain, content_type = multipart_body(submission())
    boundary = content_type.partition("boundary=")[2].encode()
    asked = {"documentType": "contract", "businessNumber": "HT-1", **changes}
    parts = {"request": json.dumps(asked, ensure_ascii=False).encode(), "document": b"%PDF"}
    body = b"".join(
        b'--%b\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
        % (boundary, name.encode(), content)
        for name, content in parts.items()
    )
    assert plain.startswith(b"--" + boundary)
    with pytest.raises(MalformedRequestProblem) as refused:
        read_submission(content_type, body + b"--" + boundary + b"--", max_document_bytes=1000)
    return refused.value


@pytest.mark.parametrize(("changes", "told"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_told_once_where_the_sender_wrote_it(
    changes: dict[str, Any], told: list[str]
) -> None:
    assert refusal(changes).detail == f"`request` is not valid: {'; '.join(told)}"


def test_half_of_a_character_is_a_mistake_of_the_sender() -> None:
    with pytest.raises(MalformedRequestProblem, match="Invalid JSON: unexpected end of hex"):
        parsed_json(b'{"businessNumber": "\\ud800"}', SealRequestInput, word="request")


def test_a_placement_that_mixes_two_is_told_with_what_can_be_written() -> None:
    detail = refusal({"placement": {"page": 1, "keyword": "x"}}).detail
    assert "placement: a placement has exactly one of page, pages, keyword" in detail
    assert "; write one of {page: 1, leftMillimetres: 120" in detail


def test_the_cure_leads_to_the_page_and_not_to_an_envelope_that_was_right() -> None:
    cure = refusal({"placement": 5}).cure
    assert "docs/api.md" in cure
    assert "multipart" not in cure


def test_an_envelope_that_is_wrong_is_told_what_is_wanted() -> None:
    with pytest.raises(MalformedRequestProblem, match="not multipart/form-data"):
        read_submission("application/json", b"{}", max_document_bytes=1000)
