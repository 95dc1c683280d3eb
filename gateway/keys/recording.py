"""The gateway's end of the journal: every noted act becomes a record of the audit log."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import structlog
from sqlalchemy import Engine, select

from gateway.audit.log import AuditLog
from gateway.audit.record import Record, read_leaf
from gateway.clock import Clock
from gateway.keys.journal import MOST_BYTES, SUFFIX
from gateway.keys.model import KeyAct
from gateway.regular_files import read_regular
from gateway.store.schema import audit_leaf

KeyOfSeal = tuple[str, str]
"""A key's id, and the SHA-256 of the certificate that it has in a seal (DER), hex."""

_SLACK: Final = timedelta(hours=1)
"""By which a clock may have been set back between a note and its record."""

_log = structlog.get_logger("keys")
_decoder = msgspec.json.Decoder(KeyAct)


class KeyActFolder:
    """Looks for noted acts. A file goes once its record is durable, so none is lost.

    A stop between the two leaves the file; the log is asked then, so that no record comes twice.
    """

    def __init__(
        self,
        folder: Path,
        *,
        audit: AuditLog,
        readers: Engine,
        in_force: Callable[[], Mapping[str, KeyOfSeal]],
        clock: Clock,
    ) -> None:
        """`in_force` tells what each seal has now: a switch is recorded when it is true."""
        self._folder = folder
        self._audit = audit
        self._readers = readers
        self._in_force = in_force
        self._clock = clock
        self._refused: set[Path] = set()
        self._recorded: set[str] = set()
        self._knows_the_log = False

    async def look(self) -> None:
        """Record what is there, in the order in which it was noted.

        Raises:
            OSError: the folder cannot be read, or a file cannot be deleted.
            Problem, SQLAlchemyError: log or database fail; the next look tries again.
        """
        acts = await asyncio.to_thread(self._acts)
        if acts and not self._knows_the_log:
            since = min(act.at for _, act in acts) - _SLACK
            self._recorded |= await asyncio.to_thread(recorded_acts, self._readers, since=since)
            self._knows_the_log = True
        for path, act in acts:
            if act.id not in self._recorded:
                if not self._is_true(act):
                    continue
                await self._record(act)
            await asyncio.to_thread(path.unlink, missing_ok=True)

    async def _record(self, act: KeyAct) -> None:
        content = act.recorded()
        # If this fails, nobody knows whether it was committed: the next look asks the log.
        self._knows_the_log = False
        await self._audit.record(Record(kind="key", at=self._clock.now(), content=content))
        self._knows_the_log = True
        self._recorded.add(act.id)
        _log.info("key_act", **content)

    def _is_true(self, act: KeyAct) -> bool:
        """A switch is noted before the seal's files change, and may never come into force."""
        if act.what != "switched" or act.seal is None:
            return True
        # By the key: a better certificate may have come meanwhile, which is an act of its own.
        key, _ = self._in_force().get(act.seal, (None, None))
        return key == act.key

    def _acts(self) -> list[tuple[Path, KeyAct]]:
        return [(path, act) for path in self._noted() if (act := self._read(path)) is not None]

    def _noted(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        found = set(self._folder.glob(f"*{SUFFIX}"))
        self._refused &= found
        return sorted(found - self._refused)

    def _read(self, path: Path) -> KeyAct | None:
        try:
            return _decoder.decode(read_regular(path, most_bytes=MOST_BYTES))
        except FileNotFoundError:
            return None  # a switch that was withdrawn meanwhile
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            # It stays: whoever looks after keys must see what was put there.
            self._refused.add(path)
            _log.error("key_act_refused", file=str(path), why=str(error))
            return None


def recorded_acts(readers: Engine, *, since: datetime) -> set[str]:
    """The ids of the acts on keys that the log has from that moment on.

    Raises:
        SQLAlchemyError: the database cannot be read.
    """
    newest_first = (
        select(audit_leaf.c.leaf)
        .order_by(audit_leaf.c.index.desc())
        .execution_options(yield_per=1000)
    )
    found = set()
    with readers.connect() as connection:
        for leaf in connection.execute(newest_first).scalars():
            content = read_leaf(bytes(leaf))
            if datetime.fromisoformat(content["at"]) < since:
                break
            if content.get("kind") == "key":
                found.add(str(content["act"]))
    return found
