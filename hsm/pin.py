"""The PIN: read once, shown never, and handed to C_Login only."""

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from hsm.config import PinSource
from hsm.errors import PinUnreadableError

SecretsHandler = Callable[[str], str]
"""Asks a person: gets the question, returns the secret. The PIN is asked for, not passed around."""

LONGEST_PIN_BYTES = 1024


class Pin:
    """A PIN that does not show itself: not in repr, str, format, a pickle or a traceback's locals.

    It stays in memory for the process's life, because a token that was away wants it again.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def reveal(self) -> str:
        """Return the PIN itself. Call it in the argument list of the login and nowhere else."""
        return self._secret

    def __repr__(self) -> str:
        """Mask the PIN; str and format come here too."""
        return "<PIN>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a PIN is not pickled: it never leaves the signer process")


def read_pin(source: PinSource, *, ask: SecretsHandler, question: str) -> Pin:
    """Get the PIN from where the configuration says.

    Args:
        source: where it is.
        ask: called with `question` when the source is a person.
        question: what the operator is asked, naming the token.

    Raises:
        PinUnreadableError: no such file or credential, others may read it, or it is no PIN.
    """
    if source.file is not None:
        return _from_file(source.file, told=f"the PIN file {source.file}", private=True)
    if source.credential is not None:
        path = _credential(source.credential)
        return _from_file(path, told="the credential that `hsm.pin` names", private=False)
    return checked_pin(ask(question), origin="the answer")


def _credential(name: str) -> Path:
    # Its name is not told: people have written the PIN there.
    directory = os.environ.get("CREDENTIALS_DIRECTORY")
    if directory is None:
        raise PinUnreadableError(
            "the PIN is the systemd credential that `hsm.pin` names, but CREDENTIALS_DIRECTORY is "
            "not set: start the service with systemd and LoadCredentialEncrypted=NAME:…"
        )
    return Path(directory, name)


def _from_file(path: Path, *, told: str, private: bool) -> Pin:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise PinUnreadableError(f"{told} cannot be opened: {error.strerror}") from None
    with os.fdopen(descriptor, "rb") as file:
        # Ask the open file, not the path: the path may name another file a moment later.
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            raise PinUnreadableError(f"{told} is not a regular file")
        # Not asked of credentials: systemd lets the service in by an ACL, whose mask shows up as
        # group bits, and keeps the directory closed to everybody else.
        if private and stat.S_IMODE(mode) & (stat.S_IRWXG | stat.S_IRWXO):
            raise PinUnreadableError(
                f"{told} has mode {stat.S_IMODE(mode):04o}, so others than its owner "
                "may get at it: chmod 400 it, and change the PIN if others have had access"
            )
        content = file.read(LONGEST_PIN_BYTES + 1)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        # `from None`, as the decoder's own error carries the bytes that it could not read.
        raise PinUnreadableError(f"{told} is not UTF-8 text") from None
    return checked_pin(text.removesuffix("\n").removesuffix("\r"), origin=told)


def checked_pin(secret: str, *, origin: str) -> Pin:
    """Take what should be a PIN.

    Args:
        secret: what was read or heard.
        origin: where from, for the error.

    Raises:
        PinUnreadableError: it is empty, or more than a PIN.
    """
    if not secret:
        raise PinUnreadableError(f"{origin} is empty: write the PIN there and nothing else")
    if len(secret.encode()) > LONGEST_PIN_BYTES or not secret.isprintable():
        raise PinUnreadableError(
            f"{origin} holds more than a PIN (several lines, control characters, or over "
            f"{LONGEST_PIN_BYTES} bytes): write the PIN there and nothing else"
        )
    return Pin(secret)
