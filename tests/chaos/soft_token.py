"""Makes of SoftHSM what an HSM is: something that outlives the kill of whoever uses it.

SoftHSM 2.6 writes its token's file anew in place at each login, so a process that is killed in
between leaves it empty and the token gone. No gateway can help that, and it is no fault of one.
"""

import asyncio
from pathlib import Path

_LOOK_SECONDS = 0.05


class SoftTokenCare:
    """Puts the file back when it stays torn. `mended` counts how often that was."""

    def __init__(self, tokens: Path) -> None:
        (self._file,) = tokens.glob("*/token.object")
        self._whole = self._file.read_bytes()
        self.mended = 0

    async def care(self) -> None:
        """Look again and again, until cancelled."""
        was_torn = False
        while True:
            is_torn = self._file.stat().st_size != len(self._whole)
            if is_torn and was_torn:  # for longer than any write takes
                self._mend()
                is_torn = False
            was_torn = is_torn
            await asyncio.sleep(_LOOK_SECONDS)

    def _mend(self) -> None:
        new = self._file.with_suffix(".new")
        new.write_bytes(self._whole)
        new.replace(self._file)
        self.mended += 1
