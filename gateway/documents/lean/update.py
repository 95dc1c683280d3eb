"""One incremental update with a gap for the signature container (ISO 32000-2 §7.5.6, §12.8.1)."""

from dataclasses import dataclass

from gateway.documents.lean.crossref import CrossReferences
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.tokens import Dictionary, written

LEFT_OUT = frozenset(
    (
        b"/Size",
        b"/Prev",
        b"/XRefStm",
        b"/ID",
        b"/Type",
        b"/W",
        b"/Index",
        b"/Length",
        b"/Filter",
        b"/DecodeParms",
    )
)
"""Of a trailer, what an update has of its own."""
_OFFSET_BYTES = 5  # of a cross-reference stream: documents up to a TiB
_RANGE_ROOM = 48  # "[0 … … …]" with three numbers of up to 13 digits


@dataclass(frozen=True, slots=True)
class GappedUpdate:
    """The bytes before and after the hex digits of the container, angle brackets included."""

    before: bytes
    after: bytes


class UpdateBuilder:
    """Collects the objects of an update. Numbers are given out from the first that is free.

    Args:
        references: of the document as it came in.
        length: of the document in bytes.
        ends_in_newline: whether its last byte ends a line.
    """

    def __init__(self, references: CrossReferences, *, length: int, ends_in_newline: bool) -> None:
        self._references = references
        self._length = length
        # "%%EOF12 0 obj" would be one comment to whoever rebuilds the file line by line.
        self._pieces: list[bytes] = [] if ends_in_newline else [b"\n"]
        self._at = length + (0 if ends_in_newline else 1)
        self._offsets: dict[int, int] = {}
        self._next = references.next_number

    def number(self) -> int:
        """A number that no object has."""
        self._next += 1
        return self._next - 1

    def put(self, number: int, body: bytes) -> None:
        """Write an object, new or in a new version.

        Raises:
            InDoubtError: it was written before; two pages share what each of them would change.
        """
        if number in self._offsets:
            raise InDoubtError("page", f"object {number} would change twice")
        self._offsets[number] = self._at
        self._append(b"%d 0 obj\n%b\nendobj\n" % (number, body))

    def finish(
        self, number: int, before_contents: bytes, after_contents: bytes, *, room: int, id_: bytes
    ) -> GappedUpdate:
        """Write the signature dictionary and the cross-reference section.

        Args:
            number: the signature dictionary's.
            before_contents: its text from `<<` up to the value of /Contents.
            after_contents: its text behind that, up to and with `>>`.
            room: how many hex digits the container may have.
            id_: the /ID of the update, written (§14.4).
        """
        self._offsets[number] = self._at
        self._append(b"%d 0 obj\n%b" % (number, before_contents))
        before = b"".join(self._pieces)
        gap_starts = self._length + len(before)
        gap_ends = gap_starts + room + 2
        self._at = gap_ends + len(b"\n/ByteRange ") + _RANGE_ROOM
        rest = b"%b\nendobj\n" % after_contents
        self._at += len(rest)
        section = self._section(id_)
        following = gap_ends + len(b"\n/ByteRange ") + _RANGE_ROOM + len(rest) + len(section)
        range_ = b"[0 %d %d %d]" % (gap_starts, gap_ends, following - gap_ends)
        after = b"\n/ByteRange %b%b%b" % (range_.ljust(_RANGE_ROOM), rest, section)
        return GappedUpdate(before, after)

    def _append(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._at += len(piece)

    def _section(self, id_: bytes) -> bytes:
        newest = self._references.sections[0]
        trailer: Dictionary = {
            key: value for key, value in newest.trailer.items() if key not in LEFT_OUT
        }
        trailer[b"/ID"] = id_
        trailer[b"/Prev"] = b"%d" % newest.start
        # The update takes the kind of the newest section (§7.5.8.4: readers follow one kind).
        return self._stream(trailer) if newest.widths is not None else self._table(trailer)

    def _table(self, trailer: Dictionary) -> bytes:
        lines = [b"xref\n0 1\n0000000000 65535 f \n"]
        for run in _runs(sorted(self._offsets)):
            lines.append(b"%d %d\n" % (run[0], len(run)))
            lines += [b"%010d 00000 n \n" % self._offsets[number] for number in run]
        trailer[b"/Size"] = b"%d" % self._next
        return b"%btrailer\n%b\nstartxref\n%d\n%%%%EOF\n" % (
            b"".join(lines),
            written(trailer),
            self._at,
        )

    def _stream(self, trailer: Dictionary) -> bytes:
        own = self.number()
        self._offsets[own] = self._at
        runs = _runs(sorted(self._offsets))
        rows = [
            b"\x01%b\x00\x00" % self._offsets[number].to_bytes(_OFFSET_BYTES)
            for run in runs
            for number in run
        ]
        data = b"\x00%b\xff\xff%b" % (bytes(_OFFSET_BYTES), b"".join(rows))
        entries: Dictionary = {
            b"/Type": b"/XRef",
            **trailer,
            b"/Size": b"%d" % self._next,
            b"/W": b"[1 %d 2]" % _OFFSET_BYTES,
            b"/Index": b"[0 1 %b]" % b" ".join(b"%d %d" % (run[0], len(run)) for run in runs),
            b"/Length": b"%d" % len(data),
        }
        return b"%d 0 obj\n%b\nstream\n%b\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (
            own,
            written(entries),
            data,
            self._at,
        )


def _runs(numbers: list[int]) -> list[list[int]]:
    """Numbers that follow one another, together."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] + 1 == number:
            runs[-1].append(number)
        else:
            runs.append([number])
    return runs
