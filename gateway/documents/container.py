"""The signature container: a CMS SignedData for PAdES B-B, encoded once per seal.

Certificates, algorithm identifiers and the frame of the signed attributes are the same for every
document of a seal, so asn1crypto encodes them once; a document adds its digest and its signature
value. DER stays canonical because only values of fixed length change within a frame: a signature of
another length (ECDSA) gets a frame of its own. No document is parsed for that, so the gateway
process fills containers in itself (docs/adr/0010). RFC 5652 §5, RFC 5035 (signing-certificate-v2),
RFC 6211 (algorithm protection), ETSI EN 319 122-1 §5.2.2.3, EN 319 142-1 §6.3.
"""

import hashlib
from dataclasses import dataclass

from asn1crypto import algos, cms, tsp, x509

from gateway.documents.model import Prepared
from hsm.interfaces import Mechanism

_DIGESTS: dict[Mechanism, str] = {
    "rsa-pkcs1-sha256": "sha256",
    "rsa-pss-sha256": "sha256",
    "ecdsa-p256-sha256": "sha256",
    "ecdsa-p384-sha384": "sha384",
}
# The longest DER of an ECDSA-Sig-Value: two INTEGERs of the curve's size, each with a leading zero.
_LONGEST_ECDSA = {"ecdsa-p256-sha256": 72, "ecdsa-p384-sha384": 104}


@dataclass(frozen=True, slots=True)
class _ContainerFrame:
    """A container without its two variable parts, for signatures of one length."""

    before_attributes: bytes
    before_signature: bytes
    after_signature: bytes

    def fill(self, attributes: bytes, signature: bytes) -> bytes:
        return (
            self.before_attributes
            + attributes
            + self.before_signature
            + signature
            + self.after_signature
        )


def digest_of(mechanism: Mechanism) -> str:
    """The digest algorithm of a seal's mechanism, as hashlib calls it.

    Raises:
        ValueError: documents are not sealed with this mechanism.
    """
    if mechanism not in _DIGESTS:
        raise ValueError(f"documents are not sealed with {mechanism}")
    return _DIGESTS[mechanism]


class ContainerPress:
    """Makes the signature containers of one seal. Safe to share between threads: it only reads."""

    def __init__(self, *, certificates: tuple[bytes, ...], mechanism: Mechanism) -> None:
        self.digest_name = digest_of(mechanism)
        self._mechanism = mechanism
        self._certificates = [x509.Certificate.load(der) for der in certificates]
        self._no_digest = b"\xee" * hashlib.new(self.digest_name).digest_size
        self._before_digest, self._after_digest = _split(
            self._signed_attributes().dump(force=True), self._no_digest
        )
        self._frames: dict[int, _ContainerFrame] = {}
        self.room = len(
            self.container(
                to_be_signed=self.to_be_signed(self._no_digest),
                signature=bytes(self._longest_signature()),
            )
        )
        """How many bytes the longest container of this seal takes."""

    def to_be_signed(self, document_digest: bytes) -> bytes:
        """The signed attributes as they are hashed: an explicit SET OF (RFC 5652 §5.4)."""
        return self._before_digest + document_digest + self._after_digest

    def digest(self, data: bytes) -> bytes:
        """The digest of the seal's mechanism."""
        return hashlib.new(self.digest_name, data).digest()

    def container(self, *, to_be_signed: bytes, signature: bytes) -> bytes:
        """The finished ContentInfo, DER."""
        return self._frame_for(len(signature)).fill(_implicit(to_be_signed), signature)

    def fits(self, prepared: Prepared) -> bool:
        """Whether the prepared update has the room for this seal's containers, all zeros still."""
        start, end = prepared.container_at, prepared.container_at + prepared.container_room
        return (
            prepared.container_room >= 2 * self.room
            and start > 0
            and prepared.update[start:end] == b"0" * prepared.container_room
        )

    def complete(self, prepared: Prepared, *, to_be_signed: bytes, signature: bytes) -> bytes:
        """Fill signed attributes and signature value in; gives the final `update`.

        Raises:
            ValueError: the container does not fit into its room.
        """
        container = self.container(to_be_signed=to_be_signed, signature=signature)
        digits = container.hex().encode().ljust(prepared.container_room, b"0")
        if len(digits) != prepared.container_room:
            raise ValueError("the container does not fit into the room that was reserved for it")
        start, end = prepared.container_at, prepared.container_at + prepared.container_room
        return prepared.update[:start] + digits + prepared.update[end:]

    def _longest_signature(self) -> int:
        if self._mechanism in _LONGEST_ECDSA:
            return _LONGEST_ECDSA[self._mechanism]
        return int(self._certificates[0].public_key.byte_size)

    def _digest_algorithm(self) -> algos.DigestAlgorithm:
        # RFC 5754 §2: SHA-2 identifiers MUST be generated without parameters. asn1crypto puts NULL
        # there, so the identifier is encoded by hand: a SEQUENCE of nothing but the OID.
        oid = algos.DigestAlgorithmId(self.digest_name).dump()
        return algos.DigestAlgorithm.load(b"\x30" + bytes([len(oid)]) + oid)

    def _signature_algorithm(self) -> algos.SignedDigestAlgorithm:
        match self._mechanism:
            case "rsa-pkcs1-sha256":
                return algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"})
            case "rsa-pss-sha256":
                return algos.SignedDigestAlgorithm(
                    {"algorithm": "rsassa_pss", "parameters": _pss_parameters()}
                )
            case _:
                return algos.SignedDigestAlgorithm({"algorithm": f"{self.digest_name}_ecdsa"})

    def _signed_attributes(self) -> cms.CMSAttributes:
        signer = self._certificates[0]
        # EN 319 122-1 §5.2.2.3: with SHA-256 the hash algorithm is the default and left out.
        reference = {"cert_hash": hashlib.sha256(signer.dump()).digest()}
        return cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
                cms.CMSAttribute({"type": "message_digest", "values": [self._no_digest]}),
                cms.CMSAttribute(
                    {
                        "type": "signing_certificate_v2",
                        "values": [
                            tsp.SigningCertificateV2({"certs": [tsp.ESSCertIDv2(reference)]})
                        ],
                    }
                ),
                cms.CMSAttribute(
                    {
                        "type": "cms_algorithm_protection",
                        "values": [
                            cms.CMSAlgorithmProtection(
                                {
                                    "digest_algorithm": self._digest_algorithm(),
                                    "signature_algorithm": self._signature_algorithm(),
                                }
                            )
                        ],
                    }
                ),
            ]
        )

    def _frame_for(self, signature_length: int) -> _ContainerFrame:
        frame = self._frames.get(signature_length)
        if frame is None:
            frame = self._frames[signature_length] = self._container_frame(signature_length)
        return frame

    def _container_frame(self, signature_length: int) -> _ContainerFrame:
        attributes = self.to_be_signed(self._no_digest)
        signature = b"\xdd" * signature_length
        signer = self._certificates[0]
        signer_info = cms.SignerInfo(
            {
                "version": "v1",
                "sid": cms.SignerIdentifier(
                    {
                        "issuer_and_serial_number": cms.IssuerAndSerialNumber(
                            {"issuer": signer.issuer, "serial_number": signer.serial_number}
                        )
                    }
                ),
                "digest_algorithm": self._digest_algorithm(),
                "signed_attrs": cms.CMSAttributes.load(attributes),
                "signature_algorithm": self._signature_algorithm(),
                "signature": signature,
            }
        )
        signed_data = cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [self._digest_algorithm()],
                "encap_content_info": {"content_type": "data"},
                "certificates": self._certificates,
                "signer_infos": [signer_info],
            }
        )
        encoded = cms.ContentInfo({"content_type": "signed_data", "content": signed_data}).dump()
        before_attributes, rest = _split(encoded, _implicit(attributes))
        before_signature, after_signature = _split(rest, signature)
        return _ContainerFrame(before_attributes, before_signature, after_signature)


def _pss_parameters() -> algos.RSASSAPSSParams:
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})  # with NULL, as RFC 4055 §2.1 wants
    return algos.RSASSAPSSParams(
        {
            "hash_algorithm": sha256,
            "mask_gen_algorithm": algos.MaskGenAlgorithm(
                {"algorithm": "mgf1", "parameters": sha256}
            ),
            "salt_length": 32,
        }
    )


def _implicit(attributes: bytes) -> bytes:
    # Inside SignerInfo the attributes are [0] IMPLICIT instead of SET OF: one byte differs.
    return b"\xa0" + attributes[1:]


def _split(encoded: bytes, gap: bytes) -> tuple[bytes, bytes]:
    before, found, after = encoded.partition(gap)
    if not found or gap in after:
        raise ValueError("the part to be filled in must occur exactly once in the encoding")
    return before, after
