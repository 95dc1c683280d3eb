"""`pkcs11:` URIs: what is understood, and what is refused before a token is asked."""

from pathlib import Path

import pytest

from hsm.errors import KeyURIError
from hsm.key_uri import KeyPlace, read_uri


def test_a_uri_names_token_key_module_and_pin_file() -> None:
    assert read_uri(
        "pkcs11:token=%E6%9D%8E%20Na;serial=0a1b;object=li-2026;id=%00%FF;type=private"
        "?module-path=/usr/lib/a.so&pin-source=file:/home/li/pin"
    ) == KeyPlace(
        token={"token": "李 Na", "serial": "0a1b"},
        label="li-2026",
        identifier=b"\x00\xff",
        module=Path("/usr/lib/a.so"),
        pin_file=Path("/home/li/pin"),
    )


def test_what_a_uri_leaves_out_is_not_looked_at() -> None:
    assert read_uri("pkcs11:") == KeyPlace(token={})
    assert read_uri("pkcs11:object=a;?pin-source=/p").pin_file == Path("/p")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("li.pem", "is no pkcs11: URI"),
        ("pkcs11:object=a?pin-value=1234", "a PIN does not belong into the URI"),
        ("pkcs11:object=a;pin-value=1234", "a PIN does not belong into the URI"),
        ("pkcs11:object=a?pin-source=|/bin/pin", "the full path of a file"),
        ("pkcs11:object=a?pin-source=pin", "the full path of a file"),
        ("pkcs11:object=a;object=b", "'object' stands twice"),
        ("pkcs11:object=a;vendor=b", "'vendor' is not understood"),
        ("pkcs11:object", "'object' is not understood"),
        ("pkcs11:object=a?module-name=p11", "'module-name' is not understood"),
        ("pkcs11:object=a;type=cert", "`type` has to be `private`"),
        ("pkcs11:object=%FF", "'object' is no UTF-8"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_cure(text: str, why: str) -> None:
    with pytest.raises(KeyURIError, match=why.replace("|", r"\|")) as refused:
        read_uri(text)
    assert "1234" not in str(refused.value)
