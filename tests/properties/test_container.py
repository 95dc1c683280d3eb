"""Signature containers: canonical DER, the attributes that PAdES wants, room that is enough."""

import subprocess
from hashlib import sha256, sha384
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.documents.container import ContainerPress
from hsm.interfaces import Mechanism
from tests.document_fixtures import MECHANISMS, authority, soft_seal

ORDER_BITS = {"ecdsa-p256-sha256": 256, "ecdsa-p384-sha384": 384}
MECHANISM = st.sampled_from(MECHANISMS)


def press_for(mechanism: Mechanism) -> ContainerPress:
    material = soft_seal(mechanism).material
    return ContainerPress(certificates=material.certificates, mechanism=mechanism)


PRESSES = {mechanism: press_for(mechanism) for mechanism in MECHANISMS}


def document_digest(mechanism: Mechanism, document: bytes) -> bytes:
    return (sha384 if mechanism == "ecdsa-p384-sha384" else sha256)(document).digest()


def container_of(mechanism: Mechanism, document: bytes) -> bytes:
    press, seal = PRESSES[mechanism], soft_seal(mechanism)
    to_be_signed = press.to_be_signed(document_digest(mechanism, document))
    signature = seal.sign(press.digest(to_be_signed))
    return press.container(to_be_signed=to_be_signed, signature=signature)


def signer_info(container: bytes) -> cms.SignerInfo:
    (info,) = cms.ContentInfo.load(container, strict=True)["content"]["signer_infos"]
    return info


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_openssl_verifies_a_container(mechanism: Mechanism, tmp_path: Path) -> None:
    document, container = tmp_path / "document", tmp_path / "container"
    root = tmp_path / "root.pem"
    document.write_bytes(b"what was signed")
    container.write_bytes(container_of(mechanism, b"what was signed"))
    root.write_bytes(authority().certificate.public_bytes(Encoding.PEM))

    def verify() -> subprocess.CompletedProcess[bytes]:
        command: list[str | Path] = [
            "openssl",
            "cms",
            "-verify",
            "-binary",
            "-inform",
            "DER",
            "-in",
            container,
        ]
        command += ["-content", document, "-CAfile", root, "-purpose", "any", "-out", "/dev/null"]
        return subprocess.run(command, capture_output=True, check=False)

    right = verify()
    assert right.returncode == 0, right.stderr
    document.write_bytes(b"what was not signed")
    assert verify().returncode != 0


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_container_is_canonical_der(mechanism: Mechanism) -> None:
    container = container_of(mechanism, b"x")
    assert cms.ContentInfo.load(container, strict=True).dump(force=True) == container


@given(MECHANISM, st.binary(max_size=100))
@settings(max_examples=40)
def test_the_signed_attributes_are_sorted_as_der_sorts_a_set(
    mechanism: Mechanism, document: bytes
) -> None:
    info = signer_info(container_of(mechanism, document))
    attributes = [attribute.dump() for attribute in info["signed_attrs"]]
    assert attributes == sorted(attributes)  # X.690 §11.6
    assert info["signed_attrs"].untag().dump() == PRESSES[mechanism].to_be_signed(
        document_digest(mechanism, document)
    )


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_attributes_are_those_of_pades_baseline_b(mechanism: Mechanism) -> None:
    info = signer_info(container_of(mechanism, b"x"))
    values = {each["type"].native: each["values"] for each in info["signed_attrs"]}
    # EN 319 142-1 §6.3: no signing-time, the moment is in /M.
    assert set(values) == {
        "content_type",
        "message_digest",
        "signing_certificate_v2",
        "cms_algorithm_protection",
    }
    assert values["content_type"].native == ["data"]
    assert values["message_digest"].native == [document_digest(mechanism, b"x")]
    protection = values["cms_algorithm_protection"][0]  # RFC 6211 §2: equal to the signer info's
    assert protection["digest_algorithm"].dump() == info["digest_algorithm"].dump()
    protected = protection["signature_algorithm"]
    assert protected.retag({"implicit": 0}).untag().dump() == info["signature_algorithm"].dump()


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_the_reference_to_the_certificate_is_that_of_cades(mechanism: Mechanism) -> None:
    info = signer_info(container_of(mechanism, b"x"))
    (reference,) = [
        each["values"][0]
        for each in info["signed_attrs"]
        if each["type"].native == "signing_certificate_v2"
    ]
    (identifier,) = reference["certs"]
    (certificate,) = soft_seal(mechanism).material.certificates
    assert identifier["cert_hash"].native == sha256(certificate).digest()
    # RFC 5035 §4: DER leaves the default out. EN 319 142-1 §6.3: nor should the issuer be there.
    body = b"\x04\x20" + sha256(certificate).digest()
    assert identifier.dump() == b"\x30" + bytes([len(body)]) + body


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_sha_2_identifiers_are_generated_without_parameters(mechanism: Mechanism) -> None:
    content = cms.ContentInfo.load(container_of(mechanism, b"x"))["content"]
    (algorithm,) = content["digest_algorithms"]
    # RFC 5754 §2.
    assert algorithm.dump()[1] == len(algorithm["algorithm"].dump())
    assert signer_info(container_of(mechanism, b"x"))["digest_algorithm"].dump() == algorithm.dump()


def test_the_parameters_of_pss_are_written_out() -> None:
    parameters = signer_info(container_of("rsa-pss-sha256", b"x"))["signature_algorithm"]
    native = parameters["parameters"].native
    assert native["hash_algorithm"] == {"algorithm": "sha256", "parameters": None}
    assert native["mask_gen_algorithm"]["parameters"]["algorithm"] == "sha256"
    assert native["salt_length"] == 32
    assert native["trailer_field"] == "trailer_field_bc"


@given(st.data(), st.sampled_from(sorted(ORDER_BITS)))
@settings(max_examples=60)
def test_an_ecdsa_signature_of_any_length_fits_and_stays_canonical(
    data: st.DataObject, mechanism: Mechanism
) -> None:
    numbers = st.integers(0, ORDER_BITS[mechanism]).flatmap(
        lambda bits: st.integers(0, 2**bits - 1)
    )
    signature = encode_dss_signature(data.draw(numbers), data.draw(numbers))
    press = PRESSES[mechanism]
    to_be_signed = press.to_be_signed(document_digest(mechanism, b"x"))
    container = press.container(to_be_signed=to_be_signed, signature=signature)
    assert len(container) <= press.room
    info = signer_info(container)
    assert info["signature"].native == signature
    # Of the whole container only this part differs; encoding certificates anew takes long.
    assert info.dump(force=True) == info.dump()


@pytest.mark.parametrize("length", [70, 71, 72])
def test_the_usual_lengths_of_p256_fit(length: int) -> None:
    sides = {70: (255, 255), 71: (256, 255), 72: (256, 256)}[length]
    signature = encode_dss_signature(*(2 ** (bits - 1) for bits in sides))
    assert len(signature) == length
    press = PRESSES["ecdsa-p256-sha256"]
    to_be_signed = press.to_be_signed(bytes(32))
    container = press.container(to_be_signed=to_be_signed, signature=signature)
    assert press.room - len(container) == 72 - length


@pytest.mark.parametrize("mechanism", ["rsa-pkcs1-sha256", "rsa-pss-sha256"])
def test_an_rsa_container_fills_its_room(mechanism: Mechanism) -> None:
    assert len(container_of(mechanism, b"x")) == PRESSES[mechanism].room


def test_a_key_for_checkpoints_seals_no_documents() -> None:
    with pytest.raises(ValueError, match="ed25519"):
        ContainerPress(certificates=soft_seal().material.certificates, mechanism="ed25519")


def test_a_chain_is_carried_whole() -> None:
    seal = soft_seal().material.certificates[0]
    ca = authority().certificate.public_bytes(Encoding.DER)
    press = ContainerPress(certificates=(seal, ca), mechanism="ecdsa-p256-sha256")
    container = press.container(to_be_signed=press.to_be_signed(bytes(32)), signature=bytes(70))
    carried = cms.ContentInfo.load(container)["content"]["certificates"]
    assert sorted(each.chosen.dump() for each in carried) == sorted((seal, ca))
