"""A note from a restore to the next start, so that the log itself says that it was put back."""

from pathlib import Path

import msgspec

from gateway.backup.model import RestoredFrom


def note_in(state_directory: Path) -> Path:
    """Where the note lies."""
    return state_directory / "restored.json"


def as_bytes(note: RestoredFrom) -> bytes:
    """The note's file."""
    return msgspec.json.encode(note)


def recorded(state_directory: Path) -> dict[str, object]:
    """What the record of a start says of a restore before it; empty: there was none.

    Raises:
        OSError: the note is there and cannot be read.
    """
    path = note_in(state_directory)
    if not path.exists():
        return {}
    try:
        note = msgspec.json.decode(path.read_bytes(), type=RestoredFrom)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {"restored": {"backup": "unknown: the note was changed"}}
    return {
        "restored": {
            "backup": note.backup,
            "manifest": note.manifest,
            "created_at": note.created_at.isoformat(),
            "records": note.records,
        }
    }


def forget(state_directory: Path) -> None:
    """Once it is on record.

    Raises:
        OSError: it cannot be deleted.
    """
    note_in(state_directory).unlink(missing_ok=True)
