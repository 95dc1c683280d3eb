"""RFC 7515 appendix A and RFC 8037 appendix A, as they stand there."""

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.statements import (
    LocalSigner,
    PublicKey,
    StatementInvalidError,
    base64url,
    open_compact,
    open_general,
)
from tests.statement_keys import Freeze

# RFC 7515 A.3.1
ES256_JWS = (
    "eyJhbGciOiJFUzI1NiJ9"
    ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
    "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
    ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
    "pmWQxfKTUJqPP3-Kg6NU1Q"
)
ES256_KEY = ec.EllipticCurvePublicNumbers(
    int.from_bytes(base64url.decode("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU")),
    int.from_bytes(base64url.decode("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")),
    ec.SECP256R1(),
).public_key()

# RFC 8037 A.1, A.4
ED25519_D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
ED25519_X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
ED25519_JWS = (
    "eyJhbGciOiJFZERTQSJ9"
    ".RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt"
    "9g7sVvpAr_MuM0KAg"
)


def test_the_signature_of_rfc_7515_a_3_verifies() -> None:
    covered, _, signature = ES256_JWS.rpartition(".")
    key = PublicKey.of("joe", ES256_KEY)
    assert key.algorithm == "ES256"
    assert key.verifies(base64url.decode(signature), covered.encode())
    assert not key.verifies(base64url.decode(signature), covered.encode() + b"x")


def test_the_signature_of_rfc_8037_a_4_is_made_and_verifies() -> None:
    signer = LocalSigner("x", Ed25519PrivateKey.from_private_bytes(base64url.decode(ED25519_D)))
    assert signer.public_key == PublicKey("x", "EdDSA", base64url.decode(ED25519_X))
    covered, _, signature = ED25519_JWS.rpartition(".")
    assert base64url.encode(signer.sign(covered.encode())) == signature
    assert signer.public_key.verifies(base64url.decode(signature), covered.encode())


@pytest.mark.parametrize("token", [ES256_JWS, ED25519_JWS])
def test_a_token_that_says_neither_its_key_nor_its_kind_is_no_statement(token: str) -> None:
    with pytest.raises(StatementInvalidError, match="protected header"):
        open_compact(
            token, typ="JWT", model=Freeze, key_of=lambda _: PublicKey.of("joe", ES256_KEY)
        )


def test_the_general_form_of_rfc_7515_a_6_has_unprotected_headers_and_is_not_taken() -> None:
    document = """
    {"payload": "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
     "signatures": [
      {"protected": "eyJhbGciOiJFUzI1NiJ9",
       "header": {"kid": "e9bc097a-ce51-4036-9562-d2ade882db0d"},
       "signature": "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"}]}
    """  # noqa: E501 - as in the RFC
    with pytest.raises(StatementInvalidError, match="header"):
        open_general(document, typ="JWT", key_of=lambda _: PublicKey.of("joe", ES256_KEY))
