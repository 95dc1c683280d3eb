"""The signatures that a document came with; pyHanko reads.

Only whether they stand for the bytes that they cover is looked at. Whether anybody trusts their
certificates is nobody's question here: rules compare the certificates themselves.
"""

from hashlib import sha256
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.generic_cms import validate_sig_integrity

from policies.model import EarlierSignature


def earlier_signatures(reader: PdfFileReader) -> tuple[EarlierSignature, ...]:
    """One each, in the order in which they were made."""
    return tuple(_told(each) for each in reader.embedded_signatures)


def _told(signature: Any) -> EarlierSignature:  # noqa: ANN401 - pyHanko's, whose parts are untyped
    field = str(signature.field_name)
    try:
        certificate: x509.Certificate = signature.signer_cert
        names = certificate.subject.native
        intact = _is_intact(signature)
        digest = sha256(certificate.dump()).hexdigest()
    except Exception:  # noqa: BLE001 - what cannot even be read is a signature, and not intact
        return EarlierSignature(field=field, signer="", certificate="", intact=False)
    name = names.get("common_name", "")
    return EarlierSignature(
        field=field,
        signer=str(name[0] if isinstance(name, list) else name),
        certificate=digest,
        intact=intact,
    )


def _is_intact(signature: Any) -> bool:  # noqa: ANN401 - see above
    intact, valid = validate_sig_integrity(
        signature.signer_info,
        signature.signer_cert,
        expected_content_type="data",
        actual_digest=signature.compute_digest(),
    )
    return bool(intact and valid)
