"""A partner's keys are believed because its seal signed its card, and for no other reason."""

import subprocess
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cloud_bridge.cards import as_believed, card_bytes, check_card, counts_at
from cloud_bridge.errors import RecordBrokenError
from cloud_bridge.model import SignedCard
from hsm.interfaces import Mechanism
from tests.envelope_parties import START, Company
from tests.sealing_companies import seal_card
from tests.seals_of_companies import Certified, Key, authority, certify, sign_card

_COMPANY = Company("org-buyer", "买方有限公司")
_CARD = _COMPANY.card
_CMS = "cms -sign -binary -outform DER -in card -signer cert.pem -inkey key.pem"
_ROOT = authority()
_SEAL = certify("采购专用章", by=_ROOT, organisation="买方有限公司")


def _why_not(signed: SignedCard, *, root: Certified = _ROOT, days: int = 0) -> str:
    with pytest.raises(RecordBrokenError) as broken:
        check_card(signed, roots=[root.der], at=START + timedelta(days=days))
    assert broken.value.fault == "card-untrusted"
    return str(broken.value)


def test_a_card_that_the_seal_signed_is_believed() -> None:
    assert check_card(sign_card(_CARD, _SEAL), roots=[_ROOT.der], at=START) == _CARD


@pytest.mark.parametrize("pss", [False, True])
def test_seals_with_rsa_keys_sign_cards(pss: bool) -> None:  # noqa: FBT001 - a pytest parameter
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    seal = certify("买方有限公司", by=_ROOT, key=key)
    assert check_card(sign_card(_CARD, seal, pss=pss), roots=[_ROOT.der], at=START) == _CARD


@pytest.mark.parametrize(
    "mechanism", ["rsa-pkcs1-sha256", "rsa-pss-sha256", "ecdsa-p256-sha256", "ecdsa-p384-sha384"]
)
def test_what_the_signing_cycle_seals_is_believed(mechanism: Mechanism) -> None:
    key: Key = ec.generate_private_key(ec.SECP384R1() if "384" in mechanism else ec.SECP256R1())
    if mechanism.startswith("rsa"):
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    signed = seal_card(_CARD, certify("买方有限公司", by=_ROOT, key=key), mechanism=mechanism)
    assert check_card(signed, roots=[_ROOT.der], at=START) == _CARD


def test_an_authority_between_seal_and_root_comes_with_the_card() -> None:
    between = certify("Issuing CA", by=_ROOT, authority=True)
    key = ec.generate_private_key(ec.SECP384R1())
    seal = certify("买方有限公司", by=between, key=key)
    signed = sign_card(_CARD, seal, chain=[between])
    assert check_card(signed, roots=[_ROOT.der], at=START) == _CARD
    assert "does not lead to a root" in _why_not(sign_card(_CARD, seal))


@pytest.fixture
def by_openssl(tmp_path: Path) -> Callable[[str], SignedCard]:
    """The card with a proof that openssl makes with some options."""
    (tmp_path / "card").write_bytes(card_bytes(_CARD))
    for name, each in (("", _SEAL), ("other-", certify("买方有限公司", by=_ROOT))):
        (tmp_path / f"{name}cert.pem").write_bytes(each.certificate.public_bytes(Encoding.PEM))
        pem = each.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (tmp_path / f"{name}key.pem").write_bytes(pem)

    def sign(options: str) -> SignedCard:
        command = ["openssl", *_CMS.split(), *options.split()]
        made = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
        return SignedCard(card=card_bytes(_CARD), proof=made.stdout)

    return sign


@pytest.mark.parametrize(
    "options", ["-md sha256", "-md sha384", "-md sha512 -keyid", "-nosmimecap"]
)
def test_what_openssl_signs_is_believed_too(
    by_openssl: Callable[[str], SignedCard], options: str
) -> None:
    assert check_card(by_openssl(options), roots=[_ROOT.der], at=START) == _CARD


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("-nodetach", "not detached"),
        ("-md sha1", "sha1 is no digest that we take"),
        ("-noattr", "cannot be read"),
        ("-nocerts", "did not come along"),
        ("-econtent_type 1.2.3.4", "cannot be read"),
    ],
)
def test_proofs_of_other_kinds_are_not_taken(
    by_openssl: Callable[[str], SignedCard], options: str, words: str
) -> None:
    assert words in _why_not(by_openssl(options))


def test_two_signers_are_not_one(by_openssl: Callable[[str], SignedCard]) -> None:
    twice = "-signer other-cert.pem -inkey other-key.pem"
    assert "exactly one signer" in _why_not(by_openssl(twice))


def test_without_a_root_nobody_is_believed() -> None:
    with pytest.raises(RecordBrokenError, match="no root that we trust"):
        check_card(sign_card(_CARD, _SEAL), roots=[], at=START)


def test_another_root_is_not_ours() -> None:
    assert "does not lead to a root" in _why_not(sign_card(_CARD, _SEAL), root=authority())
    assert "does not lead to a root" in _why_not(
        sign_card(_CARD, _SEAL), root=authority("Another Root")
    )


def test_a_card_of_somebody_elses_name_is_not_believed() -> None:
    seal = certify("Seller Ltd", by=_ROOT)
    assert "its certificate is of Seller Ltd" in _why_not(sign_card(_CARD, seal))


def test_a_name_is_the_same_in_whichever_width_it_is_written() -> None:
    card = msgspec.structs.replace(_CARD, name="买方（上海）有限公司")
    seal = certify("买方(上海)有限公司", by=_ROOT)
    assert check_card(sign_card(card, seal), roots=[_ROOT.der], at=START) == card
    other = certify("买方(深圳)有限公司", by=_ROOT)
    assert "its certificate is of 买方(深圳)有限公司" in _why_not(sign_card(card, other))


def test_swapped_keys_are_found() -> None:
    signed = sign_card(_CARD, _SEAL)
    other = msgspec.structs.replace(_CARD, signing_key=Company("x", "y").signing.public)
    swapped = SignedCard(card=card_bytes(other), proof=signed.proof)
    assert "not one of its certificate over these bytes" in _why_not(swapped)


def test_a_signature_of_another_key_is_found() -> None:
    other = certify("采购专用章", by=_ROOT, organisation="买方有限公司")
    forged = Certified(other.key, _SEAL.certificate)
    assert "not one of its certificate" in _why_not(sign_card(_CARD, forged))


def test_an_expired_certificate_or_card_does_not_count() -> None:
    seal = certify("买方有限公司", by=_ROOT, until=START - timedelta(days=1))
    assert "does not lead to a root" in _why_not(sign_card(_CARD, seal))
    assert "no longer" in _why_not(sign_card(_CARD, _SEAL), days=366)
    assert "no longer" in _why_not(sign_card(_CARD, _SEAL), days=-2)


def test_only_a_key_that_signs_documents_signs_a_card() -> None:
    seal = certify("买方有限公司", by=_ROOT, may_sign=False)
    assert "may not sign documents" in _why_not(sign_card(_CARD, seal))
    authoritative = certify("买方有限公司", by=_ROOT, authority=True)
    assert "authority's" in _why_not(sign_card(_CARD, authoritative))


def test_who_is_no_authority_certifies_nobody() -> None:
    seal = certify("买方有限公司", by=_SEAL)
    assert "does not lead to a root" in _why_not(sign_card(_CARD, seal, chain=[_SEAL]))


@pytest.mark.parametrize("length", [0, 1, 40, 400])
def test_what_is_no_proof_is_not_believed(length: int) -> None:
    signed = sign_card(_CARD, _SEAL)
    assert "cannot be read" in _why_not(SignedCard(card=signed.card, proof=signed.proof[:length]))


def test_what_is_no_card_is_not_believed() -> None:
    assert "no card" in _why_not(SignedCard(card=b"{}", proof=b""))
    assert "larger" in _why_not(SignedCard(card=bytes(100_000), proof=b""))


def test_a_card_counts_no_longer_than_the_certificate_that_vouches_for_it() -> None:
    """Whoever verifies later finds that it had expired, where the card was used after that."""
    ends = START + timedelta(days=3)
    signed = sign_card(_CARD, certify("买方有限公司", by=_ROOT, until=ends))
    believed = check_card(signed, roots=[_ROOT.der], at=START)
    assert believed.expires_at == ends < _CARD.expires_at
    assert as_believed(signed) == believed
    assert counts_at(believed, ends - timedelta(seconds=1))
    assert not counts_at(believed, ends)
    assert "certificate" in _why_not(signed, days=4)


def test_nor_than_an_authority_between_it_and_the_root() -> None:
    ends = START + timedelta(days=3)
    between = certify("Issuing CA", by=_ROOT, authority=True, until=ends)
    seal = certify("买方有限公司", by=between)
    signed = sign_card(_CARD, seal, chain=[between])
    assert check_card(signed, roots=[_ROOT.der], at=START).expires_at == ends


def test_a_cross_certificate_beside_the_root_bounds_no_card() -> None:
    """CAs give one along by which their root was once vouched for by an older one."""
    older = authority("Older root")
    ends = START + timedelta(days=3)
    cross = certify("Trusted Root", by=older, authority=True, key=_ROOT.key, until=ends)
    assert cross.certificate.subject == _ROOT.certificate.subject
    signed = sign_card(_CARD, _SEAL, chain=[cross, _ROOT])
    believed = check_card(signed, roots=[_ROOT.der], at=START)
    assert believed.expires_at == _CARD.expires_at
