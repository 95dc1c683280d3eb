"""Keys of people as commands take them: a PEM file, or a `pkcs11:` URI of a key in a token.

One way for all that people sign: approvals, freezes and their ends, bundles, and the requests
that bring them to the gateway.
"""

import getpass
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gateway.cli.terminal import told_errors
from gateway.client import RequestSigner
from gateway.clock import SystemClock
from gateway.statements import (
    KeyStoreSigner,
    LocalSigner,
    StatementInvalidError,
    StatementKeyError,
    read_private_key,
)
from hsm.errors import KeyRoomError
from hsm.key_uri import SCHEME, read_uri
from hsm.personal import KEY, PersonalTokens

PersonSigner = LocalSigner | KeyStoreSigner

# Neither a path with folders nor a URI begins so.
_ID = re.compile(r"[\w.-]+")

WHERE = "a PEM file, or a pkcs11: URI (RFC 7512) of a key in a token"
NAMED = f"ID=WHERE: its id in the policies, and {WHERE}; such as li-2026=li.key.pem"
FOUND = f"{NAMED}. ID= may be left out: the policies know the public key"
ModuleOption = Annotated[
    Path | None,
    typer.Option(
        "--pkcs11-module",
        envvar="SEALGATE_PKCS11_MODULE",
        help="The token's PKCS#11 module (.so), where the URI has no module-path.",
    ),
]
PinFileOption = Annotated[
    Path | None,
    typer.Option(
        "--pin-file", help="File with the token's PIN, mode 0400; otherwise you are asked for it."
    ),
]


class PeopleKeys:
    """Opens keys; use `people_keys`."""

    def __init__(
        self, tokens: PersonalTokens, *, module: Path | None, pin_file: Path | None
    ) -> None:
        self._tokens = tokens
        self._module = module
        self._pin_file = pin_file

    def signer(self, where: str, *, key_id: str) -> PersonSigner:
        """The key in a file or token; a passphrase or PIN is asked for where there is one.

        Raises:
            StatementKeyError, KeyRoomError: there is no such key, or it cannot sign.
        """
        if not where.startswith(SCHEME):
            return LocalSigner(key_id, read_private_key(Path(where), ask=getpass.getpass))
        place = read_uri(where)
        store = self._tokens.open(
            msgspec.structs.replace(
                place,
                module=place.module or self._module,
                pin_file=self._pin_file or place.pin_file,
            )
        )
        return KeyStoreSigner.of(store, key=KEY, key_id=key_id)

    def named(self, text: str) -> PersonSigner:
        """The key of `ID=WHERE`, where WHERE is as for `signer`.

        Raises:
            StatementKeyError, KeyRoomError: it is not written so, or see `signer`.
        """
        key_id, where = _read(text)
        if not key_id:
            raise StatementKeyError(
                f"--key {text} does not say which key it is: write ID={text}, with the key's id in "
                "the policies"
            )
        return self.signer(where, key_id=key_id)

    def found(self, text: str) -> PersonSigner:
        """The key of `ID=WHERE`, or of `WHERE` alone: then its id is empty, and to be found out.

        Raises:
            StatementKeyError, KeyRoomError: see `signer`.
        """
        key_id, where = _read(text)
        return self.signer(where, key_id=key_id)


def _read(text: str) -> tuple[str, str]:
    """Id and place of a key as it is typed; the id is empty where there is none."""
    key_id, equals, where = text.partition("=")
    return (key_id, where) if equals and _ID.fullmatch(key_id) else ("", text)


@contextmanager
def people_keys(*, module: Path | None, pin_file: Path | None) -> Iterator[PeopleKeys]:
    """Keys for a while: tokens are logged out of at the end. Errors are told, with exit code 2."""
    tokens = PersonalTokens(ask_pin=getpass.getpass)
    try:
        with told_errors(StatementKeyError, StatementInvalidError, KeyRoomError):
            yield PeopleKeys(tokens, module=module, pin_file=pin_file)
    finally:
        tokens.close()


def request_signer(signer: PersonSigner) -> RequestSigner:
    """The same key, for requests."""
    return RequestSigner(key_id=signer.key_id, key=signer, clock=SystemClock())


def called(signer: PersonSigner, key_id: str) -> PersonSigner:
    """The same key under the id that the policies have for it."""
    return replace(signer, key_id=key_id)
