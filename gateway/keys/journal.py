"""Where acts on keys are noted before they happen: a folder that the gateway reads.

Whoever has the database writes the audit log, and that is the gateway, which may be running. So an
act is a file first, durable before the key is used; the gateway makes a record of it, and only
then deletes it. Without a gateway it waits for the next start.
"""

import contextlib
import os
import pwd
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gateway.clock import Clock
from gateway.durable import sync_directory
from gateway.keys.errors import KeyActError
from gateway.keys.model import KeyAct, What
from gateway.randomness import random_bytes

SUFFIX = ".act.json"
MOST_BYTES = 16 * 1024

_encoder = msgspec.json.Encoder()


class KeyJournal:
    """Notes acts in the folder, for the one who does them."""

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        """`folder` lies below the state directory, and is made when the first act is noted."""
        self._folder = folder
        self._clock = clock

    def note(
        self,
        what: What,
        *,
        key: str,
        public_key: str,
        signed: str | None = None,
        subject: str | None = None,
        seal: str | None = None,
        certificate: str | None = None,
        previous: str | None = None,
        ceremony: str | None = None,
    ) -> KeyAct:
        """Note an act; it is durable when this returns. See `KeyAct` for the words.

        Raises:
            KeyActError: it could not be noted; then the act MUST NOT take place.
        """
        act = KeyAct(
            id=random_bytes(16).hex(),
            what=what,
            at=self._clock.now(),
            by=_who(),
            key=key,
            public_key=public_key,
            signed=signed,
            subject=subject,
            seal=seal,
            certificate=certificate,
            previous=previous,
            ceremony=ceremony,
        )
        try:
            self._keep(act)
        except OSError as error:
            raise KeyActError(
                f"nothing was done with key {key!r}, because it could not be noted below "
                f"{self._folder}: {error.strerror}. Run this where the gateway's state directory "
                "is, as its owner or as root"
            ) from error
        return act

    def prove(self) -> None:
        """Prove that acts can be noted, for what can only be noted after it was done.

        Raises:
            KeyActError: they cannot; nothing may be begun.
        """
        probe = self._folder / f".{random_bytes(8).hex()}.probe"
        try:
            with _as_the_owner_of(self._folder.parent):
                self._folder.mkdir(mode=0o700, exist_ok=True)
                probe.touch(mode=0o600, exist_ok=False)
                probe.unlink()
        except OSError as error:
            raise KeyActError(
                f"nothing was begun, because it could not be noted below {self._folder}: "
                f"{error.strerror}. Run this where the gateway's state directory is, as its owner "
                "or as root"
            ) from error

    def _keep(self, act: KeyAct) -> None:
        with _as_the_owner_of(self._folder.parent):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            file = self._folder / f"{act.at:%Y%m%dT%H%M%S.%f}-{act.id}{SUFFIX}"
            temporary = file.with_suffix(".new")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as out:
                out.write(_encoder.encode(act))
                out.flush()
                os.fsync(out.fileno())
            temporary.replace(file)
            sync_directory(self._folder)
            sync_directory(self._folder.parent)  # the folder itself may be new


@contextlib.contextmanager
def _as_the_owner_of(directory: Path) -> Iterator[None]:
    """As root, be whom the directory belongs to meanwhile: the gateway is to delete the file.

    Not by changing the file's owner afterwards: whoever owns the folder could have put a link
    there.
    """
    owner = directory.stat()
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    group = os.getegid()
    os.setegid(owner.st_gid)
    os.seteuid(owner.st_uid)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(group)


def _who() -> str:
    """The account; behind sudo, the one that asked for it."""
    user = os.getuid()
    if user == 0 and (asked := os.environ.get("SUDO_USER")):
        return asked
    try:
        return pwd.getpwuid(user).pw_name
    except KeyError:
        return str(user)
