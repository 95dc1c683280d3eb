"""From the parts of an upload to the items of a batch."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import Annotated, Literal

import msgspec
from pydantic import Field, StrictBool

from connectors.errors import TooLargeError
from gateway.batches.model import BatchOptions, NewItem, ReadItem, RefusedItem
from gateway.batches.reading import Defaults, Limits, joined, read_manifest, read_zip, typed
from gateway.batches.reading.errors import (
    ArchiveTooLargeProblem,
    ItemAttributesProblem,
    ManifestFileMissingProblem,
    MemberNameTakenProblem,
)
from gateway.batches.reading.names import folded, shown, sound, twins
from gateway.batches.reading.rows import Row, default_request
from gateway.errors import Problem
from gateway.http.errors import DocumentTooLargeProblem, MalformedRequestProblem
from gateway.http.reading.intake import Attribute, FurtherSealInput, parsed_json
from gateway.http.reading.uploads import Upload, UploadedPart
from gateway.seals.in_force import InForce
from policies.kinds.placement import WrittenPlacement, placement_of
from strictyaml import StrictModel

_MOST_ORDER_BYTES = 64 * 1024
_MOST_AT_ONCE = 64
_MOST_BYTES_AT_ONCE = 4 * 1024 * 1024
_Name = Annotated[str, Field(min_length=1, max_length=100)]
_AttributeName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,99}$")]


LyingReady = Callable[[str, str, int], bytes | None]
"""The content of what lies at the place of a connector (the first), under a name, if it has no
more bytes than the last says; None: nothing does. Called beside the event loop."""


class BatchInput(StrictModel):
    """The part `batch`: how it is to be done, and what holds for every document of it."""

    seal: _Name | None = Field(default=None, description="Where a document names none.")
    document_type: _Name | None = Field(default=None, description="Where a document names none.")
    attributes: dict[_AttributeName, Attribute] = Field(
        default_factory=dict, max_length=100, description="Those of a document come before them."
    )
    placement: WrittenPlacement | None = None
    further: tuple[FurtherSealInput, ...] = Field(default=(), max_length=4)
    requested_by: (
        Annotated[str, Field(pattern=r"^[^\x00-\x1f\x7f/]{1,200}$", description="A person.")] | None
    ) = None
    priority: Annotated[int, Field(strict=True, ge=1, le=9)] = Field(
        default=5, description="The lower is sealed first, whatever waits behind it."
    )
    all_or_nothing: StrictBool = Field(
        default=False,
        description="Look at every document first, and refuse all where one would be refused.",
    )
    deliver_to: _Name | None = Field(
        default=None, description="A target that gets the results besides those that always do."
    )
    files_from: _Name | None = Field(
        default=None,
        description="A connector of the caller's system: the manifest names files that lie ready "
        "there, and no `document` comes along.",
    )
    columns: dict[str, str] = Field(
        default_factory=dict, max_length=500, description="What columns of the manifest stand for."
    )

    @property
    def options(self) -> BatchOptions:
        """How it is to be done."""
        return BatchOptions(
            priority=self.priority,
            all_or_nothing=self.all_or_nothing,
            deliver_to=self.deliver_to,
        )

    @property
    def defaults(self) -> Defaults:
        """What holds for every document."""
        return Defaults(
            seal=self.seal or "",
            document_type=self.document_type or "",
            attributes=self.attributes,
            placement=None if self.placement is None else placement_of(self.placement),
            further=tuple(each.seal for each in self.further),
            requested_by=msgspec.UNSET if self.requested_by is None else self.requested_by,
        )


class BatchBody:
    """What an upload says: `order`, and the items."""

    def __init__(
        self,
        upload: Upload,
        *,
        in_force: Callable[[], InForce],
        most_document_bytes: int,
        lying_ready: LyingReady,
    ) -> None:
        """Read the part `batch`.

        Args:
            upload: all parts.
            in_force: the policies.
            most_document_bytes: a larger document is not taken.
            lying_ready: the content of what lies at a connector's place, by their names.

        Raises:
            MalformedRequestProblem: it is missing or wrong, or parts are unknown.
        """
        self._lying_ready = lying_ready
        self._upload = upload
        self._in_force = in_force
        self._limits = Limits(document_bytes=most_document_bytes)
        self._parts = _by_name(upload.parts)
        written = self._parts["batch"][0]
        if written.length > _MOST_ORDER_BYTES:
            raise MalformedRequestProblem(f"`batch` is longer than {_MOST_ORDER_BYTES} bytes")
        self.order = parsed_json(upload.content(written), BatchInput, word="batch")
        if self.order.files_from is not None and self._parts.keys() != {"batch", "manifest"}:
            raise MalformedRequestProblem(
                "with `filesFrom` there are the parts `batch` and `manifest`, and no others"
            )

    async def items(self) -> AsyncIterator[ReadItem]:
        """The items, a few at a time read beside the event loop.

        Raises:
            Problem: the archive or the manifest cannot be read at all.
        """
        found = await asyncio.to_thread(self._found)
        while some := await asyncio.to_thread(_some, found):
            for item in some:
                yield item

    def _found(self) -> Iterator[ReadItem]:
        defaults, columns = self.order.defaults, self.order.columns
        if archives := self._parts.get("archive"):
            file = self._upload.opened(archives[0])
            found = read_zip(file, defaults=defaults, limits=self._limits, mapping=columns)
        elif manifests := self._parts.get("manifest"):
            found = self._joined(manifests[0])
        else:
            found = map(self._plain, self._parts.get("document", []))
        return map(self._typed, found)

    def _joined(self, manifest: UploadedPart) -> Iterator[ReadItem]:
        form: Literal["csv", "jsonl"] = (
            "jsonl" if manifest.filename.lower().endswith((".jsonl", ".ndjson")) else "csv"
        )
        if manifest.length > self._limits.manifest_bytes:  # before it is in the memory
            raise ArchiveTooLargeProblem(
                f"the manifest has {manifest.length:,} bytes; "
                f"{self._limits.manifest_bytes:,} are taken"
            )
        rows = read_manifest(
            self._upload.content(manifest),
            form,
            defaults=self.order.defaults,
            mapping=self.order.columns,
            name=manifest.filename,
            limits=self._limits,
        )
        if (connector := self.order.files_from) is not None:
            named = dict.fromkeys(row.file for row in rows if isinstance(row, Row))
            yield from joined(rows, {name: partial(self._ready, connector, name) for name in named})
            return
        parts = self._parts.get("document", [])
        taken = twins(part.filename for part in parts)
        files = {
            part.filename: partial(self._content, part)
            for part in parts
            if folded(part.filename) not in taken
        }
        yield from joined(rows, files)
        for part in parts:
            if folded(part.filename) in taken:
                problem = MemberNameTakenProblem(f"{shown(part.filename)} comes more than once")
                yield RefusedItem(name=shown(part.filename), problem=problem)

    def _plain(self, part: UploadedPart) -> ReadItem:
        name = shown(part.filename)
        try:
            request = default_request(sound(part.filename), self.order.defaults)
            return NewItem(request, self._content(part))
        except Problem as problem:
            return RefusedItem(name=name, problem=problem)

    def _ready(self, connector: str, name: str) -> bytes:
        try:
            content = self._lying_ready(connector, sound(name), self._limits.document_bytes)
        except TooLargeError:
            most = self._limits.document_bytes
            raise DocumentTooLargeProblem(f"{name} has more than {most} bytes") from None
        if content is None:
            raise ManifestFileMissingProblem(
                f"{shown(name)} does not lie ready at the connector {connector!r}"
            )
        return content

    def _content(self, part: UploadedPart) -> bytes:
        most = self._limits.document_bytes
        if part.length > most:
            raise DocumentTooLargeProblem(f"{part.length} bytes; at most {most} are taken")
        return self._upload.content(part)

    def _typed(self, item: ReadItem) -> ReadItem:
        """Attributes that a table has as text, in the types that their document type declares."""
        if not isinstance(item, NewItem):
            return item
        asked = item.request
        declared = self._in_force().bundle.document_types.get(asked.document_type)
        if declared is None:
            return item
        try:
            attributes = typed(asked.attributes, declared.attributes)
        except ItemAttributesProblem as problem:
            return RefusedItem(
                name=asked.name, problem=problem, business_number=asked.business_number
            )
        return NewItem(msgspec.structs.replace(asked, attributes=attributes), item.document)


def _some(found: Iterator[ReadItem]) -> list[ReadItem]:
    """The next items, as many as are worth the way to a thread and fit into the memory."""
    some: list[ReadItem] = []
    length = 0
    for item in found:
        some.append(item)
        length += len(item.document) if isinstance(item, NewItem) else 0
        if len(some) >= _MOST_AT_ONCE or length >= _MOST_BYTES_AT_ONCE:
            break
    return some


def _by_name(parts: list[UploadedPart]) -> dict[str, list[UploadedPart]]:
    found: dict[str, list[UploadedPart]] = {}
    for part in parts:
        found.setdefault(part.name, []).append(part)
    unknown = sorted(found.keys() - {"batch", "archive", "manifest", "document"})
    twice = sorted(name for name, some in found.items() if name != "document" and len(some) > 1)
    if unknown or twice or "batch" not in found:
        raise MalformedRequestProblem(
            f"parts unknown: {', '.join(unknown)[:100] or 'none'}; twice: "
            f"{', '.join(twice) or 'none'}; `batch` is {'there' if 'batch' in found else 'missing'}"
        )
    if "archive" in found and found.keys() != {"batch", "archive"}:
        raise MalformedRequestProblem("beside `archive` there is only `batch`: the rest is in it")
    return found
