"""Makes of SoftHSM what an HSM is: something that outlives the kill of whoever uses it.

SoftHSM 2.6 writes its token's file anew in place at each login, so a process that is killed in
between leaves it empty and the token gone. No gateway can help that, and it is no fault of one.
"""

import asyncio
from pathlib import Path

_LOOK_SECONDS = 0.05


class SoftTokenCare:
    """Puts the file back when it stays torn. `mended` counts how often that was.

    Without `tokens` there is nothing to care for.
    """

    def __init__(self, tokens: Path | None) -> None:
        self._files = [] if tokens is None else list(tokens.glob("*/token.object"))
        self._whole = [each.read_bytes() for each in self._files]
        self.mended = 0

    async def care(self) -> None:
        """Look again and again, until cancelled."""
        was_torn: set[Path] = set()
        while True:
            is_torn = set[Path]()
            for file, whole in zip(self._files, self._whole, strict=True):
                if file.stat().st_size == len(whole):
                    continue
                if file in was_torn:  # for longer than any write takes
                    self._mend(file, whole)
                else:
                    is_torn.add(file)
            was_torn = is_torn
            await asyncio.sleep(_LOOK_SECONDS)

    def _mend(self, file: Path, whole: bytes) -> None:
        new = file.with_suffix(".new")
        new.write_bytes(whole)
        new.replace(file)
        self.mended += 1
