"""A body counts only when its digest was signed."""

import pytest

from gateway.http.callers.authentication import Authenticated
from gateway.http.errors import SignatureInvalidProblem
from gateway.store.documents import UsedNonce
from policies.model import Caller

CALLER = Caller(system="tms", company="east")


def test_a_body_that_no_signed_digest_covers_is_refused() -> None:
    signed = Authenticated(CALLER, UsedNonce("k", "n", 1.0), {'"@method"': "POST"})
    signed.check_body(b"")
    with pytest.raises(SignatureInvalidProblem, match="no digest"):
        signed.check_body(b"anything")


def test_a_client_certificate_covers_the_body_by_its_connection() -> None:
    Authenticated(CALLER, None, {}).check_body(b"anything")
