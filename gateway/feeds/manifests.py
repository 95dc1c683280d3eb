"""A CSV or JSONL beside the documents that it lists, by a connector's mapping."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import msgspec

from connectors.files.arrivals import MANIFESTS
from connectors.model import Fetched
from gateway.batches.model import NewItem, ReadItem, RefusedItem
from gateway.batches.reading import Defaults, Files, joined, read_manifest, typed
from gateway.batches.reading.columns import IGNORED, target
from gateway.batches.reading.errors import ManifestUnreadableProblem
from gateway.declarations.mapping import MappingSpec, Taken
from gateway.errors import Problem
from gateway.feeds.errors import ContentUnreadableProblem
from gateway.feeds.mapping import Declared, Mapper
from policies.kinds.placement import placement_of


class _Columns(Mapping[str, str]):
    """What each column stands for; those that nobody speaks of are not read.

    It remembers which columns it was asked for, as only who reads the header knows them.
    """

    def __init__(self, declared: Mapping[str, str]) -> None:
        self._declared = declared
        self.missing = set(declared)

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str)

    def __getitem__(self, name: str) -> str:
        self.missing.discard(name)
        return self._declared.get(name) or target(name, {}) or IGNORED

    def __iter__(self) -> Iterator[str]:
        return iter(self._declared)

    def __len__(self) -> int:
        return len(self._declared)


def is_manifest(fetched: Fetched) -> bool:
    """By its name."""
    return fetched.name.lower().endswith(MANIFESTS)


def listed_items(
    manifest: Fetched, documents: Sequence[Fetched], spec: MappingSpec, declared: Declared
) -> Iterator[ReadItem]:
    """An item for every row, then one for every document that no row names.

    Names in the manifest are those of files in its own folder. Where the manifest itself cannot be
    read, every document has that problem.
    """
    folder = manifest.name.rpartition("/")[0]
    prefix = f"{folder}/" if folder else ""
    files: Files = {each.name.removeprefix(prefix): _Reader(each) for each in documents}
    columns = _Columns(_columns(spec))
    try:
        rows = read_manifest(
            manifest.content,
            "jsonl" if manifest.name.lower().endswith(".jsonl") else "csv",
            defaults=_defaults(spec),
            mapping=columns,
            name=manifest.name,
        )
        if columns.missing:
            raise ManifestUnreadableProblem(
                f"its header has no column `{'`, `'.join(sorted(columns.missing))}`, which the "
                "connector's mapping names"
            )
    except Problem as problem:
        yield RefusedItem(name=manifest.name, problem=problem)
        yield from (RefusedItem(name=each.name, problem=problem) for each in documents)
        return
    for item in joined(rows, files):
        yield _told(item, prefix, declared)


def batches_of(
    items: Sequence[Fetched], spec: MappingSpec
) -> Iterable[tuple[Fetched | None, Sequence[Fetched]]]:
    """What goes together: all of a page, or each list with the documents of its folder.

    What one list of a folder has, another does not.
    """
    if not items:
        return
    if spec.beside != "manifest":
        yield None, items
        return
    by_folder: dict[str, list[Fetched]] = {}
    for each in items:
        by_folder.setdefault(each.name.rpartition("/")[0], []).append(each)
    for together in by_folder.values():
        documents = [each for each in together if not is_manifest(each)]
        for manifest in filter(is_manifest, together):
            yield manifest, documents
            documents = []


def read_items(
    mapper: Mapper,
    manifest: Fetched | None,
    documents: Sequence[Fetched],
    texts: Mapping[str, str | Problem],
) -> tuple[ReadItem, ...]:
    """The items of what goes together; `texts` are those of documents, by id."""
    if manifest is None:
        return tuple(mapper.item(each, texts.get(each.id)) for each in documents)
    return tuple(listed_items(manifest, documents, mapper.spec, mapper.declared))


def _columns(spec: MappingSpec) -> dict[str, str]:
    named = {
        "businessNumber": spec.business_number,
        "documentType": spec.document_type,
        "seal": spec.seal,
        "requestedBy": spec.requested_by,
        **{f"attributes.{name}": value for name, value in spec.attributes.items()},
    }
    found = {
        value.column: field
        for field, value in named.items()
        if isinstance(value, Taken) and value.column is not None
    }
    return found if spec.file_column is None else {spec.file_column: "file", **found}


def _defaults(spec: MappingSpec) -> Defaults:
    def text(value: object) -> str:
        return value if isinstance(value, str) else ""

    return Defaults(
        seal=text(spec.seal),
        document_type=text(spec.document_type),
        attributes={
            name: value for name, value in spec.attributes.items() if isinstance(value, str)
        },
        placement=None if spec.placement is None else placement_of(spec.placement),
        further=tuple(value for value in spec.further if isinstance(value, str)),
        requested_by=spec.requested_by if isinstance(spec.requested_by, str) else msgspec.UNSET,
    )


def _told(item: ReadItem, prefix: str, declared: Declared) -> ReadItem:
    """With the name that the connector gave it, and attributes of the declared types."""
    if isinstance(item, RefusedItem):
        return RefusedItem(
            name=prefix + item.name, problem=item.problem, business_number=item.business_number
        )
    request = item.request
    try:
        attributes = typed(request.attributes, declared(request.document_type))
    except Problem as problem:
        return RefusedItem(
            name=prefix + request.name, problem=problem, business_number=request.business_number
        )
    return NewItem(
        request=msgspec.structs.replace(request, name=prefix + request.name, attributes=attributes),
        document=item.document,
    )


class _Reader:
    """Gives the content, or says why there is none."""

    def __init__(self, fetched: Fetched) -> None:
        self._fetched = fetched

    def __call__(self) -> bytes:
        if self._fetched.problem:
            raise ContentUnreadableProblem(self._fetched.problem)
        return self._fetched.content
