"""PDF objects into bytes, by hand: the shapes of file that no library writes on request.

In-house systems write their PDFs themselves, and each does it its own way. Every way here is one
that ISO 32000-1 §7.5 allows.
"""

import hashlib
import itertools
import zlib
from collections.abc import Iterable


class Objects:
    """Indirect objects, numbered from 1 in the order they are added."""

    def __init__(self) -> None:
        self.bodies: dict[int, bytes] = {}
        self._next = 1

    def reserve(self) -> int:
        """A number for an object that comes later."""
        self._next += 1
        return self._next - 1

    def put(self, number: int, body: str) -> None:
        """The object with a reserved `number`."""
        self.bodies[number] = body.encode("latin-1")

    def add(self, body: str) -> int:
        """Add an object and give its number."""
        number = self.reserve()
        self.put(number, body)
        return number

    def stream(self, entries: str, data: bytes) -> int:
        """Add a compressed stream with `entries` in its dictionary and give its number."""
        number = self.reserve()
        self.bodies[number] = stream(entries, data)
        return number


def stream(entries: str, data: bytes) -> bytes:
    """A compressed stream object's body; the end-of-line rule is §7.3.8.1's, never CR alone."""
    packed = zlib.compress(data, 9)
    head = f"<</Length {len(packed)} /Filter /FlateDecode {entries}>>\r\nstream\r\n"
    return head.encode("latin-1") + packed + b"\r\nendstream"


def text_string(words: str) -> str:
    """`words` as a hexadecimal text string in UTF-16 (§7.9.2.2)."""
    return f"<FEFF{words.encode('utf-16-be').hex().upper()}>"


def _runs(numbers: Iterable[int]) -> list[list[int]]:
    """Consecutive numbers together: one subsection of a cross-reference table each."""
    found: list[list[int]] = []
    for _, group in itertools.groupby(enumerate(sorted(numbers)), lambda pair: pair[1] - pair[0]):
        found.append([number for _, number in group])
    return found


class PlainFile:
    """A file under construction: one revision, then perhaps updates appended to it."""

    def __init__(
        self,
        data: bytes,
        *,
        root: int,
        info: int,
        size: int,
        first_id: bytes,
        last_xref: int = 0,
        eol: bytes = b"\n",
    ) -> None:
        self.data = data
        self._root, self._info, self._size = root, info, size
        self._first = f"<{first_id.hex().upper()}>"
        self._last_xref = last_xref
        self._eol = eol
        self._pending: dict[int, bytes] = {}

    @classmethod
    def begin(
        cls, objects: Objects, *, root: int, info: int, version: str = "1.4", eol: bytes = b"\n"
    ) -> "PlainFile":
        """A new file; `objects` are written by the next `end_…`."""
        head = b"%PDF-" + version.encode() + eol + b"%\xe5\x9b\x9e\xe5\x8d\x95" + eol
        first_id = hashlib.sha256(b"".join(objects.bodies.values())).digest()[:16]
        file = cls(head, root=root, info=info, size=1, first_id=first_id, eol=eol)
        file.change(objects.bodies)
        return file

    @classmethod
    def resume(
        cls, data: bytes, *, root: int, info: int, size: int, first_id: bytes
    ) -> "PlainFile":
        """A file that another program has finished, to append updates to."""
        last_xref = int(data.rsplit(b"startxref", maxsplit=1)[1].split()[0])
        whole = data if data.endswith(b"\n") else data + b"\n"
        return cls(whole, root=root, info=info, size=size, first_id=first_id, last_xref=last_xref)

    def change(self, bodies: dict[int, bytes]) -> None:
        """Replace or add objects; they are written by the next `end_…`."""
        self._pending = dict(bodies)
        self._size = max(self._size, max(bodies) + 1)

    def _write_objects(self) -> dict[int, int]:
        offsets = {}
        for number, body in sorted(self._pending.items()):
            offsets[number] = len(self.data)
            self.data += f"{number} 0 obj".encode() + self._eol + body + self._eol
            self.data += b"endobj" + self._eol
        return offsets

    def _trailer(self) -> str:
        previous = f" /Prev {self._last_xref}" if self._last_xref else ""
        latest = hashlib.sha256(self.data).hexdigest()[:32].upper()
        return (
            f"/Size {self._size} /Root {self._root} 0 R /Info {self._info} 0 R"
            f" /ID [{self._first} <{latest}>]{previous}"
        )

    def _finish(self, start: int) -> None:
        self._last_xref = start
        tail = (b"startxref", str(start).encode(), b"%%EOF", b"")
        self.data += self._eol.join(tail)

    def end_with_table(self) -> None:
        """End the revision with a cross-reference table (§7.5.4)."""
        eol = self._eol
        offsets = self._write_objects()
        start = len(self.data)
        lines = [b"xref"]
        entry_end = (b" " + eol)[-2:]  # an entry has 20 bytes, whatever ends a line
        for run in _runs([0, *offsets]):
            lines.append(f"{run[0]} {len(run)}".encode())
            entries = b"".join(
                (b"%010d 00000 n" % offsets[n] if n else b"0000000000 65535 f") + entry_end
                for n in run
            )
            lines.append(entries.removesuffix(eol))
        lines += [b"trailer", b"<<" + self._trailer().encode() + b">>", b""]
        self.data += eol.join(lines)
        self._finish(start)

    def end_with_stream(self) -> None:
        """End the revision with a cross-reference stream (§7.5.8), which is an object itself."""
        offsets = self._write_objects()
        start = len(self.data)
        number = self._size
        self._size += 1
        offsets[number] = start
        rows, index = b"", []
        for run in _runs([0, *offsets]):
            index += [run[0], len(run)]
            for n in run:
                row = (1, offsets[n], 0) if n else (0, 0, 65535)
                rows += b"".join(
                    value.to_bytes(width, "big")
                    for value, width in zip(row, (1, 3, 2), strict=True)
                )
        spans = " ".join(str(value) for value in index)
        entries = f"/Type /XRef /W [1 3 2] /Index [{spans}] {self._trailer()}"
        self.data += f"{number} 0 obj".encode() + self._eol + stream(entries, rows) + self._eol
        self.data += b"endobj" + self._eol
        self._finish(start)
