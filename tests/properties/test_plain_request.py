"""What the plain form accepts, the models accept, and both mean the same."""

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.http.errors import MalformedRequestProblem
from gateway.http.reading.intake import _parsed_request
from gateway.http.reading.plain_request import plain_request
from policies.model import Caller

CALLER = Caller(system="tms", company="east")

_texts = st.one_of(
    st.text(max_size=8),
    st.text(alphabet='ab: ,{}"\\/\n\x7f回', max_size=8),
    st.sampled_from(["", "x" * 100, "x" * 101, "y" * 201, "last", "a:b", "\ud800"]),
)
_numbers = st.one_of(
    st.integers(-3, 100_003),
    st.sampled_from([1 << 63, 1 << 64, -(1 << 70), 0.0, -0.0, 1.0, 1e2, 2000, 2000.5, 1e400]),
    st.floats(allow_nan=True, width=32),
)
_values = st.one_of(_texts, st.booleans(), _numbers, st.none())
_names = st.one_of(st.sampled_from(["amount_cents", "a", "_b", "9", "a b", "a" * 101]), _texts)
_places = st.one_of(
    st.none(),
    st.fixed_dictionaries(
        {
            "page": st.one_of(_numbers, st.just("last")),
            "leftMillimetres": _numbers,
            "topMillimetres": _numbers,
        },
        optional={"avoid": st.just("overlap"), "keyword": _texts},
    ),
    st.fixed_dictionaries({"keyword": _texts}),
    st.just({"invisible": True}),
    _values,
)
_requests = st.fixed_dictionaries(
    {"documentType": _texts, "businessNumber": _texts},
    optional={
        "attributes": st.one_of(st.dictionaries(_names, _values, max_size=3), _values),
        "placement": _places,
        "business_number": _texts,
        "other": _values,
    },
)


def _agree(data: bytes) -> bool:
    """Whether the plain form took it; whatever it took, the models must take alike."""
    plain = plain_request(data)
    if plain is None:
        return False
    slowly = _parsed_request(data)
    one = plain.seal_request(caller=CALLER, seal="s")
    other = slowly.seal_request(caller=CALLER, seal="s")
    assert one == other
    assert repr(one) == repr(other)  # 1, 1.0 and True are equal, and are not the same
    return True


@settings(max_examples=1500)
@given(request=_requests, ascii_only=st.booleans())
def test_whatever_the_plain_form_takes_the_models_take_alike(
    *, request: dict[str, object], ascii_only: bool
) -> None:
    written = json.dumps(request, ensure_ascii=ascii_only)
    _agree(written.encode(errors="surrogatepass"))


_tokens = st.sampled_from(
    [
        *("{", "}", ",", ":", " ", "\n", '"', "\\", "[", "]", "null", "true", "1", "-0", "1.0"),
        *("1e2", "9" * 30, '"a"', '"a:b"', "\ufeff", "\x7f", "NaN"),
        *('"documentType"', '"businessNumber"', '"attributes"', '"placement"', '"page"'),
    ]
)
WHOLE = (
    '{"documentType": "回单", "businessNumber": "WB:1", "attributes": {"a": 1, "b": "x:y", '
    '"c": true}, "placement": {"page": "last", "leftMillimetres": 12, "topMillimetres": 0.5}}'
)


@settings(max_examples=1500)
@given(st.integers(0, len(WHOLE)), st.integers(0, 12), st.lists(_tokens, max_size=4))
@example(1, 0, ['"documentType"', ":", '"a"', ","])
def test_a_damaged_request_is_never_read_otherwise(at: int, cut: int, put: list[str]) -> None:
    _agree((WHOLE[:at] + "".join(put) + WHOLE[at + cut :]).encode())


@settings(max_examples=500)
@given(st.integers(0, len(WHOLE)), st.binary(min_size=1, max_size=3))
def test_bytes_that_are_no_text_are_never_read_otherwise(at: int, put: bytes) -> None:
    whole = WHOLE.encode()
    _agree(whole[:at] + put + whole[at:])


def test_what_most_callers_send_takes_the_plain_form() -> None:
    assert _agree(WHOLE.encode())
    assert _agree(b'{"documentType":"memo","businessNumber":"1"}')


TWICE = [
    WHOLE.replace('"documentType"', '"documentType": "a", "documentType"'),
    WHOLE.replace('"a": 1', '"a": 1, "a": 1'),
    WHOLE.replace('"page"', '"page": 1, "page"'),
    WHOLE.replace('"businessNumber"', '"businessNumber": "x:y", "businessNumber"'),
    WHOLE.replace('"attributes"', '"attributes": {}, "attributes"'),
]


@pytest.mark.parametrize("text", TWICE)
def test_a_key_that_comes_twice_is_left_to_who_refuses_it(text: str) -> None:
    assert text != WHOLE
    assert plain_request(text.encode()) is None
    with pytest.raises(MalformedRequestProblem, match="twice"):
        _parsed_request(text.encode())
