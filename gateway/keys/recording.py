"""The gateway's end of the journal: every noted act becomes a record of the audit log."""

import asyncio
from pathlib import Path

import msgspec
import structlog

from gateway.audit.log import AuditLog
from gateway.audit.record import Record
from gateway.clock import Clock
from gateway.keys.journal import MOST_BYTES, SUFFIX
from gateway.keys.model import KeyAct
from gateway.regular_files import read_regular

_log = structlog.get_logger("keys")
_decoder = msgspec.json.Decoder(KeyAct)


class KeyActFolder:
    """Looks for noted acts. A file goes once its record is durable, so none is lost.

    A stop between the two leaves the file, and the record comes twice, with the same `act`.
    """

    def __init__(self, folder: Path, *, audit: AuditLog, clock: Clock) -> None:
        self._folder = folder
        self._audit = audit
        self._clock = clock
        self._refused: set[Path] = set()

    async def look(self) -> None:
        """Record what is there, in the order in which it was noted.

        Raises:
            OSError: the folder cannot be read, or a file cannot be deleted.
            Problem: the log cannot be written; the next look tries again.
        """
        for path in await asyncio.to_thread(self._noted):
            act = await asyncio.to_thread(self._read, path)
            if act is None:
                continue
            content = act.recorded()
            await self._audit.record(Record(kind="key", at=self._clock.now(), content=content))
            await asyncio.to_thread(path.unlink)
            _log.info("key_act", **content)

    def _noted(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        found = set(self._folder.glob(f"*{SUFFIX}"))
        self._refused &= found
        return sorted(found - self._refused)

    def _read(self, path: Path) -> KeyAct | None:
        try:
            return _decoder.decode(read_regular(path, most_bytes=MOST_BYTES))
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            # It stays: whoever looks after keys must see what was put there.
            self._refused.add(path)
            _log.error("key_act_refused", file=str(path), why=str(error))
            return None
