"""What a backup needs of a database, whichever engine it is."""

from pathlib import Path
from typing import Protocol

from sqlalchemy import Connection


class HeldMoment(Protocol):
    """The database as it was at one moment, while others go on writing.

    Attributes:
        member: the name that its copy has in a backup.
        connection: reads as of that moment.
    """

    member: str
    connection: Connection

    def size(self) -> int:
        """About how many bytes a copy takes."""
        ...

    def copy_to(self, file: Path) -> None:
        """Write a copy of that moment.

        Raises:
            BackupFailedError: the tool for it is missing, too old, or failed.
            OSError: the file cannot be written.
        """
        ...

    def close(self) -> None:
        """Let the moment go."""
        ...
