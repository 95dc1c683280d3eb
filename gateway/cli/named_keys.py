"""Keys as commands take them: `ID=FILE`, the key's id in the policies and its PEM file."""

from pathlib import Path

import typer

from gateway.client import RequestSigner
from gateway.clock import SystemClock
from gateway.statements import LocalSigner, StatementKeyError, read_private_key


def statement_signer(named: str) -> LocalSigner:
    """A key that signs statements; a passphrase is asked for where the file has one.

    Raises:
        StatementKeyError: it is not written so, or the file holds no such key.
    """
    key_id, path = _parted(named)
    return LocalSigner(key_id, read_private_key(path, ask=_ask))


def request_signer(named: str) -> RequestSigner:
    """A key that signs requests, without a passphrase; P-256 is for people only.

    Raises:
        StatementKeyError: it is not written so, or the file holds no such key.
    """
    key_id, path = _parted(named)
    try:
        return RequestSigner.from_file(path, key_id=key_id, clock=SystemClock())
    except (OSError, ValueError, TypeError) as error:
        raise StatementKeyError(
            f"{path} cannot sign requests: {error}. Name another key with --caller ID=FILE"
        ) from None


def _parted(named: str) -> tuple[str, Path]:
    key_id, equals, path = named.partition("=")
    if not equals or not key_id or not path:
        raise StatementKeyError(
            f"{named!r} is not ID=FILE: the key's id in the policies, and its PEM file"
        )
    return key_id, Path(path)


def _ask(question: str) -> str:
    answer: str = typer.prompt(question.rstrip(": "), hide_input=True, err=True)
    return answer
