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
from tempfile import TemporaryFile

import msgspec

from gateway.clock import Clock
from gateway.durable import sync_directory
from gateway.keys.errors import KeyActError
from gateway.keys.files import clear_unfinished, write_new
from gateway.keys.model import KeyAct, What
from gateway.randomness import random_bytes
from gateway.regular_files import read_regular

SUFFIX = ".act.json"
MOST_BYTES = 16 * 1024

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(KeyAct)


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

    def meant_switch(self, seal: str) -> KeyAct | None:
        """The seal's switch that was noted, and of which the gateway made no record yet.

        Raises:
            OSError: the folder cannot be read.
        """
        return next((act for _, act in self._switches(seal)), None)

    def note_switch(
        self, seal: str, *, key: str, public_key: str, certificate: str, previous: str
    ) -> None:
        """Note that a seal is to get another key, once; durable when this returns.

        What was noted of the seal and never came into force is withdrawn.

        Raises:
            KeyActError: it could not be noted; then the seal's files MUST stay as they are.
            OSError: the folder cannot be read, or what was noted cannot be withdrawn.
        """
        meant = (key, public_key, certificate, previous)
        is_noted = False
        for path, act in self._switches(seal):
            if (act.key, act.public_key, act.certificate, act.previous) == meant and not is_noted:
                is_noted = True
            else:
                path.unlink(missing_ok=True)
        if not is_noted:
            self.note(
                "switched",
                key=key,
                public_key=public_key,
                seal=seal,
                certificate=certificate,
                previous=previous,
            )

    def last_end(self, key: str) -> KeyAct | None:
        """The last act by which a key came to a seal or was retired, of those without a record yet.

        Raises:
            OSError: the folder cannot be read.
        """
        ends = [
            act for _, act in self._acts() if act.key == key and act.what in {"retired", "switched"}
        ]
        return ends[-1] if ends else None

    def prove(self) -> None:
        """Prove that acts can be noted, for what can only be noted after it was done.

        Raises:
            KeyActError: they cannot; nothing may be begun.
        """
        try:
            with as_the_owner_of(self._folder.parent):
                self._folder.mkdir(mode=0o700, exist_ok=True)
                with TemporaryFile(dir=self._folder):  # without a name that could stay
                    pass
        except OSError as error:
            raise KeyActError(
                f"nothing was begun, because it could not be noted below {self._folder}: "
                f"{error.strerror}. Run this where the gateway's state directory is, as its owner "
                "or as root"
            ) from error

    def _switches(self, seal: str) -> Iterator[tuple[Path, KeyAct]]:
        for path, act in self._acts():
            if (act.what, act.seal) == ("switched", seal):
                yield path, act

    def _acts(self) -> Iterator[tuple[Path, KeyAct]]:
        """What was noted, in its order."""
        if not self._folder.is_dir():
            return
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            # The gateway may delete one meanwhile; what is no act is the gateway's to tell.
            with contextlib.suppress(FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
                yield path, _decoder.decode(read_regular(path, most_bytes=MOST_BYTES))

    def _keep(self, act: KeyAct) -> None:
        with as_the_owner_of(self._folder.parent):
            self._folder.mkdir(mode=0o700, exist_ok=True)
            clear_unfinished(self._folder)
            file = self._folder / f"{act.at:%Y%m%dT%H%M%S.%f}-{act.id}{SUFFIX}"
            write_new(file, _encoder.encode(act), mode=0o600)
            sync_directory(self._folder.parent)  # the folder itself may be new


@contextlib.contextmanager
def as_the_owner_of(directory: Path) -> Iterator[None]:
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
