"""A company's name in a certificate that was issued for its web server, say, is not its seal."""

import pytest
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier

from cloud_bridge.containers import Signer, UntrustedError
from tests.document_fixtures import SIGNED_AT
from tests.partners import partner, trusted_root
from tests.unit.verification.test_revising import BASE, judge

_DOCUMENTS = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
_OF_A_CA = ObjectIdentifier("1.2.3.4.5")
OTHERS = {
    "servers": (ExtendedKeyUsageOID.SERVER_AUTH,),
    "servers and who asks them": (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
    "programs": (ExtendedKeyUsageOID.CODE_SIGNING,),
    "answers about certificates": (ExtendedKeyUsageOID.OCSP_SIGNING,),
    "time stamps": (ExtendedKeyUsageOID.TIME_STAMPING,),
}
DOCUMENTS = {
    "nothing said": (),
    "documents": (_DOCUMENTS,),
    "e-mail": (ExtendedKeyUsageOID.EMAIL_PROTECTION,),
    "e-mail and logging in": (
        ExtendedKeyUsageOID.EMAIL_PROTECTION,
        ExtendedKeyUsageOID.CLIENT_AUTH,
    ),
    "logging in": (ExtendedKeyUsageOID.CLIENT_AUTH,),
    "anything": (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,),
    "servers and documents": (ExtendedKeyUsageOID.SERVER_AUTH, _DOCUMENTS),
    "what only its CA knows": (_OF_A_CA,),
}


@pytest.mark.parametrize("purposes", OTHERS.values(), ids=OTHERS.keys())
def test_what_was_issued_for_other_things_is_refused_by_gateway_and_transcript(
    purposes: tuple[ObjectIdentifier, ...],
) -> None:
    assert judge(partner(purposes=purposes).sealed(BASE)).fault == "untrusted"
    with pytest.raises(UntrustedError, match="other things than documents"):
        _of(purposes).lead_to([trusted_root().der], at=SIGNED_AT)


@pytest.mark.parametrize("purposes", DOCUMENTS.values(), ids=DOCUMENTS.keys())
def test_what_may_be_for_documents_is_taken_by_both(purposes: tuple[ObjectIdentifier, ...]) -> None:
    judgement = judge(partner(purposes=purposes).sealed(BASE))
    assert judgement.fault is None, judgement.why
    _of(purposes).lead_to([trusted_root().der], at=SIGNED_AT)


def _of(purposes: tuple[ObjectIdentifier, ...]) -> Signer:
    return Signer(certificate=partner(purposes=purposes).certificate, others=(), names=frozenset())
