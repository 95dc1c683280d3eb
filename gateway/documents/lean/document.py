"""A document as the lean way sees it: objects found by number, read only when somebody asks."""

import re
from collections.abc import Mapping

from gateway.documents.lean.crossref import (
    CrossReferences,
    object_body,
    read_cross_references,
    read_stream,
)
from gateway.documents.lean.doubt import InDoubtError
from gateway.documents.lean.tokens import (
    Dictionary,
    integer,
    read_dictionary,
    read_value,
    reference,
    skip_space,
)

_LARGEST_OBJECT_STREAM = 64 * 1024 * 1024
_MOST_REFERENCES = 8
_TABLE = frozenset(b"0123456789\t\n\x0c\r ")
_HEADER = re.compile(rb"%PDF-([12])\.(\d)[\r\n ]")


class LeanDocument:
    """Reads what an update needs of a document, and nothing else.

    Attributes:
        bytes: all of it.
        header_version: of the standard, as its first line says.
        references: its tables.
        contents: streams that stay unpacked, by where they lie (`drawn.content_of`).

    Raises:
        InDoubtError: from every method, where the document is not exactly as expected.
    """

    def __init__(self, document: bytes) -> None:
        self.bytes = document
        header = _HEADER.match(document)
        if header is None:
            raise InDoubtError("syntax", "no header of a version that is known")
        self.header_version = (int(header[1]), int(header[2]))
        self.references: CrossReferences = read_cross_references(document)
        self._streams: dict[int, ObjectStream] = {}
        self._known: dict[int, bytes] = {}
        self.contents: dict[tuple[int, int], bytes] = {}

    def know(self, values: Mapping[int, bytes]) -> None:
        """Take objects' values that somebody has read already, so that none is read twice."""
        self._known.update(values)

    def place_of(self, number: int) -> tuple[bytes, int]:
        """The buffer that an object's value is in, and the offset at which it begins."""
        entry = self.references.find(number)
        if isinstance(entry, int):
            return self.bytes, object_body(self.bytes, entry, number)
        stream = self.object_stream(entry[0])
        return stream.data, stream.offset_of(number, entry[1])

    @property
    def unpacked_bytes(self) -> int:
        """Of all object streams that were read."""
        return sum(len(stream.data) for stream in self._streams.values())

    def object_stream(self, number: int) -> "ObjectStream":
        """An object stream, unpacked once."""
        stream = self._streams.get(number)
        if stream is None:
            at = self.references.find(number)
            if not isinstance(at, int):
                raise InDoubtError("object-streams", "an object stream in an object stream")
            dictionary, data, _ = read_stream(self.bytes, at, number, most=_LARGEST_OBJECT_STREAM)
            stream = self._streams[number] = ObjectStream(dictionary, data)
        return stream

    def dictionary(self, number: int) -> Dictionary:
        """The dictionary that an object is."""
        return read_dictionary(self.raw_object(number))[0]

    def value(self, raw: bytes) -> bytes:
        """The value itself, where it is given by reference."""
        for _ in range(_MOST_REFERENCES):
            target = reference(raw)
            if target is None:
                return raw
            raw = self.raw_object(target)
        raise InDoubtError("syntax", "a chain of references")

    def raw_object(self, number: int) -> bytes:
        """What an object is, raw. Streams are not asked for in this way."""
        known = self._known.get(number)
        if known is not None:
            return known
        buffer, at = self.place_of(number)
        start, end = read_value(buffer, at)
        if buffer is self.bytes:
            ending = skip_space(buffer, end)
            if buffer[ending : ending + 6] != b"endobj":
                raise InDoubtError("syntax", f"object {number} is more than one value")
        return buffer[start:end]


class ObjectStream:
    """§7.5.7: objects without `obj` and `endobj`, after a table of numbers and offsets."""

    def __init__(self, dictionary: Dictionary, data: bytes) -> None:
        count, first = integer(dictionary.get(b"/N")), integer(dictionary.get(b"/First"))
        if dictionary.get(b"/Type") != b"/ObjStm" or b"/Extends" in dictionary:
            raise InDoubtError("object-streams", "no plain object stream")
        header = data[:first].split()
        # Python takes a vertical tab for space, which PDF does not (§7.2.3).
        if len(header) != 2 * count or not _TABLE.issuperset(data[:first]):
            raise InDoubtError("object-streams", "its table does not fit")
        self.data = data
        self.numbers = [int(word) for word in header[::2]]
        self.offsets = [first + int(word) for word in header[1::2]]

    def offset_of(self, number: int, index: int) -> int:
        """Where an object begins in `data`."""
        if not 0 <= index < len(self.numbers) or self.numbers[index] != number:
            raise InDoubtError("object-streams", f"object {number} is not number {index} in it")
        return self.offsets[index]
