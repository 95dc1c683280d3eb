"""For what a certificate was issued, where it says so (RFC 5280 §4.2.1.12).

Whoever names purposes in a certificate has vouched for its key in those alone. A company's web
server has a certificate of the company's name, often of the same CA as its seal; who holds the
server's key is not who may seal contracts.
"""

from typing import Final

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

_OF_SERVERS: Final = frozenset({ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH})
_OTHERS: Final = frozenset(
    {
        ExtendedKeyUsageOID.SERVER_AUTH,
        ExtendedKeyUsageOID.CODE_SIGNING,
        ExtendedKeyUsageOID.TIME_STAMPING,
        ExtendedKeyUsageOID.OCSP_SIGNING,
    }
)


def may_be_for_documents(extended: x509.ExtendedKeyUsage | None) -> bool:
    """Whether documents may be among the purposes of a certificate.

    Without the extension, or with any purpose that is not known to be another, they may: many CAs
    name e-mail, persons who log in, a purpose of their own (RFC 9336, say), or none at all.
    """
    if extended is None:
        return True
    named = frozenset(extended)
    others = _OTHERS | _OF_SERVERS if ExtendedKeyUsageOID.SERVER_AUTH in named else _OTHERS
    return not named <= others
