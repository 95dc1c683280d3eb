"""The documents of all files, found by kind and name, with their mistakes so far."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from policies.object_kinds import (
    CompanyKind,
    DocumentTypeKind,
    Kind,
    RoleKind,
    SealKind,
    SystemKind,
)
from policies.policy_kinds import SealPolicyKind
from strictyaml import Loaded, Mistake, Path, StrictModel, Tree, nearest, read_documents

KINDS: Mapping[str, type[StrictModel]] = {
    "Company": CompanyKind,
    "Role": RoleKind,
    "System": SystemKind,
    "DocumentType": DocumentTypeKind,
    "Seal": SealKind,
    "SealPolicy": SealPolicyKind,
}
KindT = TypeVar("KindT", bound=Kind)


class AnyShelf(Protocol):
    """A shelf for who does not care what kind of documents stand on it."""

    refused: set[str]

    @property
    def word(self) -> str:
        """What its documents write after `kind:`."""
        ...

    def names(self) -> Collection[str]:
        """The names of its documents."""
        ...

    def put(self, loaded: Loaded[StrictModel]) -> Mistake | None:
        """Take a document of this kind; two with one name are a mistake."""
        ...


class Shelf(Generic[KindT]):
    """The documents of one kind by name.

    Attributes:
        refused: names of documents with a mistake. What refers to them is not a second mistake.
    """

    def __init__(self, kind: type[KindT]) -> None:
        self.kind = kind
        self.documents: dict[str, Loaded[KindT]] = {}
        self.refused: set[str] = set()

    @property
    def word(self) -> str:
        """See `AnyShelf`."""
        return self.kind.__name__.removesuffix("Kind")

    def names(self) -> Collection[str]:
        """See `AnyShelf`."""
        return self.documents.keys()

    def spec(self, name: str) -> KindT | None:
        """The document, or None when it has a mistake or does not exist."""
        loaded = self.documents.get(name)
        return None if loaded is None else loaded.value

    def put(self, loaded: Loaded[StrictModel]) -> Mistake | None:
        """See `AnyShelf`."""
        value = loaded.value
        if not isinstance(value, self.kind):
            return None
        name = value.metadata.name
        if name in self.documents:
            first = self.documents[name].tree
            return loaded.mistake(
                ("metadata", "name"),
                f"there is one called `{name}` already, in {first.file}:{first.line(())}",
                "give it another name, or remove one of the two",
            )
        self.documents[name] = Loaded(value=value, tree=loaded.tree)
        return None


@dataclass(slots=True, kw_only=True)
class Library:
    """All shelves.

    Attributes:
        whole: False when a file could not be read to its end; then a name that leads nowhere may
            stand in the missing part, and is not called a mistake.
    """

    companies: Shelf[CompanyKind] = field(default_factory=lambda: Shelf(CompanyKind))
    roles: Shelf[RoleKind] = field(default_factory=lambda: Shelf(RoleKind))
    systems: Shelf[SystemKind] = field(default_factory=lambda: Shelf(SystemKind))
    document_types: Shelf[DocumentTypeKind] = field(default_factory=lambda: Shelf(DocumentTypeKind))
    seals: Shelf[SealKind] = field(default_factory=lambda: Shelf(SealKind))
    policies: Shelf[SealPolicyKind] = field(default_factory=lambda: Shelf(SealPolicyKind))
    mistakes: list[Mistake] = field(default_factory=list)
    whole: bool = True

    def missing(
        self, name: str, shelf: AnyShelf, at: Loaded[StrictModel], path: Path
    ) -> Iterator[Mistake]:
        """The mistake of naming something that does not exist, if it is one."""
        if name in shelf.names() or name in shelf.refused or not self.whole:
            return
        meant = nearest(name, shelf.names())
        cure = f"did you mean {meant}?" if meant else f"add a {shelf.word} with this name"
        yield at.mistake(path, f"no {shelf.word} is called `{name}`", cure)


def read_library(sources: Mapping[str, str]) -> Library:
    """Read all files, in the order of their names. Never raises: see `mistakes`."""
    library = Library()
    every: tuple[AnyShelf, ...] = (
        library.companies,
        library.roles,
        library.systems,
        library.document_types,
        library.seals,
        library.policies,
    )
    shelves = {shelf.word: shelf for shelf in every}
    for file in sorted(sources):
        reading = read_documents(sources[file], file=file, kinds=KINDS)
        library.mistakes.extend(reading.mistakes)
        library.whole = library.whole and reading.whole
        for loaded in reading.documents:
            mistakes = [shelf.put(loaded) for shelf in every]
            library.mistakes += [mistake for mistake in mistakes if mistake is not None]
        for tree in reading.refused:
            kind, name = _kind_and_name(tree)
            if kind in shelves and name is not None:
                shelves[kind].refused.add(name)
            else:
                library.whole = False
    return library


def _kind_and_name(tree: Tree) -> tuple[str, str | None]:
    data = tree.data if isinstance(tree.data, dict) else {}
    metadata = data.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return str(data.get("kind")), name if isinstance(name, str) else None
