"""Which tree heads the signer has signed in this run, so that it signs no second history."""

import re

from policies.errors import GrantRefusedError

# C2SP tlog-checkpoint without extension lines: origin, size, and root hash in canonical base64
# (32 bytes leave two bits of the last letter unused, which are 0).
_TEXT = re.compile(
    rb"(?P<origin>[^\s+]+)\n(?P<size>0|[1-9][0-9]{0,18})\n"
    rb"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=\n"
)


class TreeHeadBook:
    """Remembers the largest tree head. One per run of the signer.

    A log must never sign two inconsistent checkpoints (C2SP tlog-checkpoint). Without the tree, two
    inconsistencies can be seen: a tree that shrinks, and two roots over the same number of leaves.

    MUST NOT be shared between threads without a lock: `enter` is a read and a write.
    """

    def __init__(self) -> None:
        self._size = -1
        self._origin = self._text = b""

    def enter(self, text: bytes) -> None:
        """Note the tree head down, before it is signed. The same one may come again.

        Raises:
            GrantRefusedError: not a checkpoint, or not consistent with one entered before.
        """
        parsed = _TEXT.fullmatch(text)
        if parsed is None:
            raise GrantRefusedError("not the text of a checkpoint: origin, size, root hash")
        origin, size = parsed["origin"], int(parsed["size"])
        if self._origin and origin != self._origin:
            raise GrantRefusedError(
                f"a checkpoint of {origin!r}, but this key signs for {self._origin!r}: a log has "
                "one origin for ever; if it was changed on purpose, restart"
            )
        if size < self._size:
            raise GrantRefusedError(f"the tree shrank from {self._size} to {size} leaves")
        if size == self._size and text != self._text:
            raise GrantRefusedError(f"a second root over the same {size} leaves")
        self._origin, self._size, self._text = origin, size, text
