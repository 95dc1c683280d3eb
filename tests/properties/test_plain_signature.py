"""The plain form and the library: what the one accepts, the other accepts, and reads alike."""

import base64
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures.algorithms import HMAC_SHA256
from hypothesis import given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict

from cloud_bridge.client.signing import OrganisationSigner
from cloud_bridge.keys import SigningKey, verify
from cloud_bridge.library_signature import Message, SignatureError, verified_by_the_library
from cloud_bridge.plain_signature import PlainSignature, verified
from gateway.client import RequestSigner
from policies.objects.systems import SystemKey
from tests.signing_house import FakeClock

SECRET = b"k" * 40
KEY = SystemKey(id="tms", algorithm="hmac-sha256", secret_file="unread")  # noqa: S106 - a path
PLACEHOLDER = base64.b64encode(bytes(32)).decode()

PLAIN_COMPONENTS = [
    '"@method"',
    '"@target-uri"',
    '"content-type"',
    '"content-digest"',
    '"idempotency-key"',
]
ODD_COMPONENTS = [
    '"@authority"',
    '"host"',
    '"Content-Type"',
    '"content-type";sf',
    '"content-digest";key="sha-256"',
    '"@query-param";name="a"',
    '"x-absent"',
    '"content-type"',
    "@method",
    "",
]
PLAIN_PARAMETERS = [
    ";created=1764000000",
    ";expires=1764000300",
    ';alg="hmac-sha256"',
    ';nonce="abc-_~.:/+="',
    ';tag="seal"',
]
ODD_PARAMETERS = [
    ";created=01764000000",
    ";created=-5",
    ";created=1.0",
    ';created="1764000000"',
    ";created",
    ";created=1764000001",
    ";expires=99999999999",
    ';keyid="other"',
    ";keyid=tms",
    ';alg="ed25519"',
    ';nonce="a\\"b"',
    ';nonce="a b"',
    ';nonce=""',
    ';other="x"',
    '; tag="x"',
    ';TAG="x"',
]
PLAIN_VALUES = ["multipart/form-data; boundary=x", "sha-256=:AAAA:", "k-1", "a  b", '"k"']
PLAIN_URLS = [
    "http://gateway:8480/v1/seals/receipt-east/documents",
    "https://seals.example/v1/seals/a_b~c.d/documents",
    "http://127.0.0.1:80/",
    "https://network.example:8482/v1/feed?after=12&wait=25",
]
ODD_URLS = [
    "http://gateway",
    "http://GATEWAY:8480/v1",
    "http://gateway:08480/v1",
    "http://gateway:/v1",
    "http://gateway/v1?a=b?c",
    "http://gateway/v1?a=%E5",
    "http://gateway/v1?",
    "http://gateway/v1#part",
    "http://gateway/%E5%8D%B0",
    "http://gateway/a b",
    "http://gateway/印",
    "http://user@gateway/v1",
    "http://[::1]:8480/v1",
    "ftp://gateway/v1",
]
_odd_values = st.one_of(
    st.sampled_from(["", " k", "k\t", "k\tk", "k\r\n k"]),
    st.text(st.characters(max_codepoint=0x17F), max_size=12),
)


@dataclass
class Asked:
    method: str
    url: str
    headers: "CIMultiDict[str]"

    def plainly(self) -> PlainSignature | None:
        return verified(
            self.method,
            self.url,
            self.headers,
            key_id=KEY.id,
            algorithm=KEY.algorithm,
            check=lambda signature, base: hmac.digest(SECRET, base, "sha256") == signature,
        )

    def by_the_library(self) -> PlainSignature | None:
        try:
            message = Message(self.method, self.url, self.headers)
            return verified_by_the_library(
                message, key_id=KEY.id, key=SECRET, algorithm=HMAC_SHA256, required=[]
            )
        except SignatureError:
            return None

    def sign_what_the_plain_form_reads(self, label: str) -> None:
        """Give the request the signature that the plain form would want to see, if any."""
        wanted = PLACEHOLDER

        def note(_signature: bytes, base: bytes) -> bool:
            nonlocal wanted
            wanted = base64.b64encode(hmac.digest(SECRET, base, "sha256")).decode()
            return True

        verified(
            self.method,
            self.url,
            self.headers,
            key_id=KEY.id,
            algorithm=KEY.algorithm,
            check=note,
        )
        self.headers["Signature"] = f"{label}=:{wanted}:"


@st.composite
def requests(draw: st.DrawFn) -> tuple[Asked, str]:
    """Plain but for a few odd things, most often one or none."""

    def either(plain: st.SearchStrategy[str], odd: st.SearchStrategy[str]) -> str:
        return draw(odd if draw(st.integers(0, 19)) == 0 else plain)

    def one_of(plain: list[str], odd: list[str]) -> str:
        return either(st.sampled_from(plain), st.sampled_from(odd))

    label = one_of(["sealgate", "a", "sig-1_2"], ["A", "*", "s.1"])
    names = draw(st.lists(st.sampled_from(PLAIN_COMPONENTS), max_size=5, unique=True))
    names += [one_of([""], ODD_COMPONENTS)]
    parameters = draw(st.permutations(PLAIN_PARAMETERS))[: draw(st.integers(0, 5))]
    parameters += [one_of([';keyid="tms"'], [""]), one_of([""], ODD_PARAMETERS)]
    covered = one_of([" "], ["  ", "\t"]).join(name for name in names if name)
    headers: CIMultiDict[str] = CIMultiDict({"Host": "gateway"})
    for name in ("Content-Type", "Content-Digest", "Idempotency-Key"):
        headers.add(name, either(st.sampled_from(PLAIN_VALUES), _odd_values))
        if one_of([""], ["again"]):
            headers.add(name, either(st.sampled_from(PLAIN_VALUES), _odd_values))
    headers["Signature-Input"] = f"{label}=({covered}){''.join(parameters)}{one_of([''], [' '])}"
    headers["Signature"] = f"{label}=:{PLACEHOLDER}:"
    method = one_of(["POST", "GET"], ["post", "PO ST", ""])
    return Asked(method, one_of(PLAIN_URLS, ODD_URLS), headers), label


@settings(max_examples=1000)
@given(requests())
def test_what_the_plain_form_accepts_the_library_accepts_and_reads_alike(
    made: tuple[Asked, str],
) -> None:
    asked, label = made
    asked.sign_what_the_plain_form_reads(label)
    plain = asked.plainly()
    if plain is not None:
        assert asked.by_the_library() == plain


_tokens = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0189-_", min_size=1, max_size=40)


@given(
    seal=_tokens,
    idempotency_key=st.text(
        st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=60
    ),
    body=st.binary(max_size=50),
    at=st.datetimes(datetime(2020, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 - made aware below
)
def test_what_our_client_signs_is_of_the_plain_form(
    seal: str, idempotency_key: str, body: bytes, at: datetime
) -> None:
    clock = FakeClock(at.replace(tzinfo=UTC))
    url = f"http://gateway:8480/v1/seals/{seal}/documents"
    plain_headers = {"Content-Type": "multipart/form-data", "Idempotency-Key": idempotency_key}
    signer = RequestSigner(key_id=KEY.id, key=SECRET, clock=clock)
    signed = signer.sign("POST", url, plain_headers, body)
    asked = Asked("POST", url, CIMultiDict(signed))
    found = asked.plainly()
    assert found is not None
    assert found == asked.by_the_library()
    assert '"content-digest"' in found.covered


@pytest.mark.parametrize(
    ("method", "path", "digest"),
    [
        ("GET", "/v1/feed?after=1042&wait=25", None),
        ("GET", "/v1/feed?after=&wait=25", None),
        ("POST", "/v1/envelopes/0193a1b2-0000-7000-8000-000000000000/statements", bytes(32)),
        ("PUT", f"/v1/envelopes/0193a1b2/contents/{'ab' * 32}", b"d" * 32),
    ],
)
def test_what_our_bridge_asks_a_network_is_of_the_plain_form(
    method: str, path: str, digest: bytes | None
) -> None:
    key = SigningKey.generate()
    url = f"https://127.0.0.1:8482{path}"
    kind = {} if digest is None else {"Content-Type": "application/json"}
    signed = OrganisationSigner("org-east", key, time=FakeClock()).signed(method, url, kind, digest)
    found = verified(
        method,
        url,
        CIMultiDict(signed),
        key_id="org-east",
        algorithm="ed25519",
        check=lambda signature, base: verify(key.public, base, signature),
    )
    assert found is not None
    needed = {'"@method"', '"@target-uri"'} | ({'"content-digest"'} if digest else set())
    assert needed <= found.covered.keys()


@given(st.data())
def test_a_request_that_was_changed_on_the_way_is_of_no_plain_form(data: st.DataObject) -> None:
    signer = RequestSigner(key_id=KEY.id, key=SECRET, clock=FakeClock())
    url = "http://gateway:8480/v1/seals/receipt-east/documents"
    signed = signer.sign("POST", url, {"Content-Type": "a/b", "Idempotency-Key": "k-1"}, b"body")
    covered = ["Content-Type", "Idempotency-Key", "Content-Digest", "Signature-Input", "Signature"]
    name = data.draw(st.sampled_from(covered))
    at = data.draw(st.integers(0, len(signed[name]) - 1))
    other = data.draw(st.characters(min_codepoint=0x20, max_codepoint=0x7E))
    changed = signed[name][:at] + other + signed[name][at + 1 :]
    asked = Asked("POST", url, CIMultiDict({**signed, name: changed}))
    found = asked.plainly()
    assert found == (None if found is None else asked.by_the_library())
    label_alone = name in {"Signature-Input", "Signature"} and at < len("sealgate")
    assert changed == signed[name] or label_alone or found is None


def test_an_ed25519_key_is_checked_like_a_secret() -> None:
    key = Ed25519PrivateKey.generate()
    signer = RequestSigner(key_id="tms", key=key, clock=FakeClock())
    url = "http://gateway:8480/v1/documents/x"
    headers = CIMultiDict(signer.sign("GET", url, {}))
    seen: list[bytes] = []

    def check(signature: bytes, base: bytes) -> bool:
        key.public_key().verify(signature, base)
        seen.append(base)
        return True

    found = verified("GET", url, headers, key_id="tms", algorithm="ed25519", check=check)
    assert found is not None
    assert seen
