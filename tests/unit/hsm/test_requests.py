"""Certificate requests that keys in a real token sign, judged by another implementation."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from hsm.ceremonies.requests import signed_request, unsigned_request
from hsm.errors import BadSignatureError, KeyStoreError
from hsm.interfaces import KeyDescription
from tests.hsm_fixtures import SoftToken, story

_SUBJECT = x509.Name.from_rfc4514_string("CN=示例 回单章,O=示例有限公司,C=CN").public_bytes()
_ASK = """
    from hsm.ceremonies.requests import signed_request, unsigned_request

    subject = bytes.fromhex(sys.argv[2])
    for key in store.describe():
        if key.mechanism != "ed25519":
            request = signed_request(unsigned_request(key, subject=subject), store.sign)
            print(key.mechanism, request.hex())
"""


def test_every_mechanism_of_a_seal_signs_a_request_that_others_accept(
    soft_token: SoftToken,
) -> None:
    lines = story(soft_token, _ASK, _SUBJECT.hex()).splitlines()
    assert [line.split()[0] for line in lines] == [
        "rsa-pkcs1-sha256",
        "rsa-pss-sha256",
        "ecdsa-p256-sha256",
        "ecdsa-p384-sha384",
    ]
    for line in lines:
        request = x509.load_der_x509_csr(bytes.fromhex(line.split()[1]))
        assert request.is_signature_valid
        assert request.subject.public_bytes() == _SUBJECT


def _key(mechanism: str) -> KeyDescription:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    return KeyDescription(
        id="east",
        label="east",
        mechanism=mechanism,  # type: ignore[arg-type]
        public_key=public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        local=True,
        sensitive=True,
        never_extractable=True,
    )


def test_a_signature_that_does_not_verify_gives_no_request() -> None:
    unsigned = unsigned_request(_key("ecdsa-p256-sha256"), subject=_SUBJECT)
    with pytest.raises(BadSignatureError, match="does not verify"):
        signed_request(unsigned, lambda _key, _digest: bytes(70))


def test_the_logs_key_gets_no_certificate() -> None:
    with pytest.raises(KeyStoreError, match="signs the audit log"):
        unsigned_request(_key("ed25519"), subject=_SUBJECT)
