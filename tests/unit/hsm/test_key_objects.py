"""Tokens, keys and their public halves are found, or what is missing is named with a cure."""

import textwrap

import pytest

from tests.hsm_fixtures import PIN, SoftToken, story


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"token_label": "elsewhere"},
            "no token labelled 'elsewhere'; it has slot [0-9]+: 'sealgate-test'",
        ),
        ({"token_label": None, "slot": 77}, "has no slot 77; it has slot [0-9]+: 'sealgate-test'"),
        ({"module": "/nowhere/module.so"}, "/nowhere/module.so cannot be loaded"),
        (
            {"keys": [{"id": "a", "label": "lost", "mechanism": "rsa-pkcs1-sha256"}]},
            "no private key labelled 'lost'",
        ),
        (
            {"keys": [{"id": "a", "label": "p256-key", "mechanism": "rsa-pkcs1-sha256"}]},
            "'p256-key' on the token is of type EC, which rsa-pkcs1-sha256 cannot use",
        ),
        (
            {"keys": [{"id": "a", "label": "p256-key", "mechanism": "ecdsa-p384-sha384"}]},
            "'p256-key' is on another curve than ecdsa-p384-sha384 wants",
        ),
    ],
)
def test_what_is_not_where_the_configuration_says_is_named(
    soft_token: SoftToken, changes: dict[str, object], sentence: str
) -> None:
    soft_token.run(
        """
        import re
        from hsm.errors import TokenAbsentError
        from hsm.open import open_key_store
        try:
            open_key_store(config, ask_pin=input)
        except TokenAbsentError as error:
            assert re.search(sys.argv[2], str(error)), error
        else:
            raise AssertionError
        """,
        soft_token.reconfigured(**changes),
        sentence,
    )


def test_a_token_is_found_by_its_slot(soft_token: SoftToken) -> None:
    slot = story(soft_token, "print(pool._login.token.slot.slot_id)")
    soft_token.run(
        "from hsm.open import open_key_store; open_key_store(config, ask_pin=input).close()",
        soft_token.reconfigured(token_label=None, slot=int(slot)),
    )


def offer_only(token: SoftToken, mechanisms: str) -> None:
    conf = token.directory / "softhsm2.conf"
    text = conf.read_text(encoding="utf-8")
    conf.write_text(text.replace("= ALL", f"= {mechanisms}"), encoding="utf-8")


def test_a_token_without_pss_is_refused_with_the_cure(soft_token: SoftToken) -> None:
    offer_only(soft_token, "CKM_RSA_PKCS,CKM_ECDSA,CKM_EDDSA")
    soft_token.run(
        """
        from hsm.errors import KeyStoreError
        from hsm.open import open_key_store
        try:
            open_key_store(config, ask_pin=input)
        except KeyStoreError as error:
            assert "key 'pss'" in str(error) and "CKM_RSA_PKCS_PSS" in str(error), error
            assert "use rsa-pkcs1-sha256" in str(error), error
        else:
            raise AssertionError
        """
    )


def test_ecdsa_needs_nothing_but_the_raw_mechanism(soft_token: SoftToken) -> None:
    offer_only(soft_token, "CKM_ECDSA,CKM_AES_CBC")
    soft_token.run(
        """
        import pkcs11
        from hsm.open import open_key_store
        store = open_key_store(config, ask_pin=input)
        offered = store._pool._login.token.slot.get_mechanisms()
        assert offered == {pkcs11.Mechanism.ECDSA, pkcs11.Mechanism.AES_CBC}, offered
        store.sign("p256", bytes(32))
        """,
        soft_token.reconfigured(keys=[key.model_dump() for key in soft_token.config.keys[2:4]]),
    )


_REWRITE = textwrap.dedent(
    """
    import datetime
    import pkcs11
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from pkcs11 import Attribute, ObjectClass
    from hsm import errors
    from hsm.token.module import Module
    from hsm.open import open_key_store

    def add_certificate(attribute, value):
        public_key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "seal")])
        day = datetime.datetime(2026, 1, 1)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(public_key)
            .serial_number(1)
            .not_valid_before(day)
            .not_valid_after(day.replace(year=2036))
            .sign(ec.generate_private_key(ec.SECP256R1()), hashes.SHA256())
        )
        session.create_object({
            Attribute.CLASS: ObjectClass.CERTIFICATE,
            Attribute.TOKEN: True,
            Attribute.CERTIFICATE_TYPE: pkcs11.CertificateType.X_509,
            Attribute.SUBJECT: name.public_bytes(),
            Attribute.VALUE: certificate.public_bytes(serialization.Encoding.DER),
            attribute: value,
        })

    def said():
        try:
            open_key_store(config, ask_pin=input)
        except errors.KeyStoreError as error:
            return f"{type(error).__name__}: {error}"
        return "opened"

    with Module(config.module, environment=config.environment, serialize=False) as module:
        token = module.token(label=config.token_label, slot=None)
        with token.open(rw=True, user_pin=sys.argv[2]) as session:
            public = session.get_key(ObjectClass.PUBLIC_KEY, label="p256-key")
            point, identifier = public[Attribute.EC_POINT][2:], public[Attribute.ID]
            exec(sys.argv[3])
    print(said())
    """
)


def opened_after(token: SoftToken, rewrite: str) -> str:
    """Rewrite the token's objects, then open the store; gives "opened" or the error."""
    only_p256 = token.reconfigured(keys=[token.config.keys[2].model_dump()])
    return token.run(_REWRITE, only_p256, PIN, rewrite)


@pytest.mark.parametrize(
    "rewrite",
    [
        "public[Attribute.LABEL] = 'renamed'",
        "public.destroy(); add_certificate(Attribute.LABEL, 'p256-key')",
        "public.destroy(); add_certificate(Attribute.ID, identifier)",
    ],
    ids=["public-key-by-id", "certificate-by-label", "certificate-by-id"],
)
def test_the_public_key_is_found_by_id_too_and_in_a_certificate(
    soft_token: SoftToken, rewrite: str
) -> None:
    assert opened_after(soft_token, rewrite) == "opened\n"


def test_a_private_key_alone_is_refused_with_the_cure(soft_token: SoftToken) -> None:
    said = opened_after(soft_token, "public.destroy()")
    assert said.startswith("TokenAbsentError: key 'p256'")
    assert "write the certificate to the token" in said


def test_two_keys_with_one_label_are_refused(soft_token: SoftToken) -> None:
    said = opened_after(
        soft_token,
        "session.generate_keypair(pkcs11.KeyType.RSA, 2048, label='p256-key', store=True)",
    )
    assert "2 objects of class 'private key' for label 'p256-key'" in said


def test_a_public_key_of_another_private_key_is_refused_at_start(soft_token: SoftToken) -> None:
    said = opened_after(
        soft_token,
        "public.destroy()\n"
        "curve = session.create_domain_parameters(pkcs11.KeyType.EC,"
        " {Attribute.EC_PARAMS: bytes.fromhex('06082a8648ce3d030107')}, local=True)\n"
        "curve.generate_keypair(label='p256-key', store=True)[1].destroy()",
    )
    assert "self-test: key 'p256' does not sign" in said
    assert "does not verify" in said


def test_a_key_that_may_not_sign_is_refused(soft_token: SoftToken) -> None:
    said = opened_after(
        soft_token,
        "session.get_key(ObjectClass.PRIVATE_KEY, label='p256-key')[Attribute.SIGN] = False",
    )
    assert "CKA_SIGN is false" in said


def test_a_certificate_for_another_curve_is_refused(soft_token: SoftToken) -> None:
    config = soft_token.reconfigured(
        keys=[{"id": "a", "label": "p384-key", "mechanism": "ecdsa-p384-sha384"}]
    )
    rewrite = (
        "session.get_key(ObjectClass.PUBLIC_KEY, label='p384-key').destroy();"
        "add_certificate(Attribute.LABEL, 'p384-key')"
    )
    assert "certificate on the token is not for a key" in soft_token.run(
        _REWRITE, config, PIN, rewrite
    )
