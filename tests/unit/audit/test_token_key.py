"""Whose log the signer could sign for, and why it could not."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.audit.checkpoint import LogKey
from gateway.audit.errors import OtherLogKeyError
from gateway.audit.token_key import prove_of_token
from gateway.config import load_config
from hsm.config import HSMConfig
from hsm.interfaces import KeyDescription
from tests.unit.docs.markdown import ROOT

ORIGIN = "test.example/audit"
KEY = Ed25519PrivateKey.generate().public_key()
LOG_KEY = LogKey(ORIGIN, KEY.public_bytes(Encoding.Raw, PublicFormat.Raw))


def hsm() -> HSMConfig:
    """With the log's key under the id `audit-log`."""
    return load_config(ROOT / "config.example.yaml").hsm


def described(id: str) -> KeyDescription:  # noqa: A002 - the key's
    return KeyDescription(
        id=id,
        label=id,
        mechanism="ed25519",
        public_key=KEY.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        local=True,
        sensitive=True,
        never_extractable=True,
    )


def test_the_logs_own_key_under_its_id_is_the_one() -> None:
    prove_of_token(LOG_KEY, [described("audit-log")], hsm=hsm(), origin=ORIGIN)


def test_another_key_under_that_id_may_be_another_installations() -> None:
    other = LogKey(ORIGIN, bytes(32))
    with pytest.raises(OtherLogKeyError, match="another installation's"):
        prove_of_token(other, [described("audit-log")], hsm=hsm(), origin=ORIGIN)


def test_a_signer_that_knows_the_key_by_its_former_id_was_not_restarted() -> None:
    with pytest.raises(OtherLogKeyError) as refused:
        prove_of_token(LOG_KEY, [described("tree-heads")], hsm=hsm(), origin=ORIGIN)
    said = str(refused.value)
    assert "hsm.keys calls the log's key 'audit-log'" in said
    assert "it has the log's key as 'tree-heads'" in said
    assert "systemctl restart sealgate-signer" in said
    assert "another installation" not in said


@pytest.mark.parametrize(("has", "told"), [(["receipt-east"], "receipt-east"), ([], "none")])
def test_a_signer_without_any_such_key_is_told_by_what_it_has(has: list[str], told: str) -> None:
    other = LogKey(ORIGIN, bytes(32))
    with pytest.raises(OtherLogKeyError, match=f"it has {told}. The signer was started before"):
        prove_of_token(other, [described(each) for each in has], hsm=hsm(), origin=ORIGIN)
