"""The documents of all files, found by kind and name, with their mistakes so far."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Generic, Protocol, TypeVar

from policies.kinds.grants import ApprovalSourceKind, SealGrantKind
from policies.kinds.group import BusinessLineKind, CompanyKind, GovernanceKind
from policies.kinds.people import PersonKind, PostKind, RoleKind
from policies.kinds.policy import SealPolicyKind
from policies.kinds.templates import TemplateKind
from policies.kinds.things import DocumentTypeKind, Kind, SealKind, SystemKind
from strictyaml import Loaded, Mistake, Path, StrictModel, Tree, nearest, read_documents

KINDS: Mapping[str, type[Kind]] = {
    kind.__name__.removesuffix("Kind"): kind
    for kind in (
        GovernanceKind,
        CompanyKind,
        BusinessLineKind,
        RoleKind,
        PostKind,
        PersonKind,
        SystemKind,
        DocumentTypeKind,
        TemplateKind,
        SealKind,
        SealGrantKind,
        ApprovalSourceKind,
        SealPolicyKind,
    )
}
"""What may stand after `kind:`."""

_MOST_GUESSES = 200
"""Misspelt names for which the one that was meant is looked for: among thousands that takes a
while, and nobody mends more at once."""

KindT = TypeVar("KindT", bound=Kind)


class AnyShelf(Protocol):
    """A shelf for who does not care what kind of documents stand on it."""

    refused: set[str]

    def loaded(self) -> Collection[Loaded[Kind]]:
        """Its documents."""
        ...

    def find(self, name: str) -> Loaded[Kind] | None:
        """The document of this name, if there is one without a mistake."""
        ...

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

    def loaded(self) -> Collection[Loaded[KindT]]:
        """See `AnyShelf`."""
        return self.documents.values()

    def find(self, name: str) -> Loaded[KindT] | None:
        """See `AnyShelf`."""
        return self.documents.get(name)

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


class Library:
    """All shelves.

    Attributes:
        files: those beside the documents, by path, with their SHA-256 in hex; None: not known.
        sources: the names of the files that the documents are in.
        mistakes: those in the documents themselves.
        shelves: all of them, in the order in which one builds on another.
        whole: False when a file could not be read to its end; then a name that leads nowhere may
            stand in the missing part, and is not called a mistake.
    """

    def __init__(self, *, files: Mapping[str, str] | None = None) -> None:
        self.governance = Shelf(GovernanceKind)
        self.companies = Shelf(CompanyKind)
        self.lines = Shelf(BusinessLineKind)
        self.roles = Shelf(RoleKind)
        self.posts = Shelf(PostKind)
        self.persons = Shelf(PersonKind)
        self.systems = Shelf(SystemKind)
        self.document_types = Shelf(DocumentTypeKind)
        self.templates = Shelf(TemplateKind)
        self.seals = Shelf(SealKind)
        self.grants = Shelf(SealGrantKind)
        self.approval_sources = Shelf(ApprovalSourceKind)
        self.policies = Shelf(SealPolicyKind)
        self.shelves: tuple[AnyShelf, ...] = (
            self.governance,
            self.companies,
            self.lines,
            self.roles,
            self.posts,
            self.persons,
            self.systems,
            self.document_types,
            self.templates,
            self.seals,
            self.grants,
            self.approval_sources,
            self.policies,
        )
        self.files = files
        self.sources: tuple[str, ...] = ()
        self.mistakes: list[Mistake] = []
        self.whole = True
        self._guesses = 0

    def missing(
        self, name: str, shelf: AnyShelf, at: Loaded[StrictModel], path: Path
    ) -> Iterator[Mistake]:
        """The mistake of naming something that does not exist, if it is one."""
        if name in shelf.names() or name in shelf.refused or not self.whole:
            return
        self._guesses += 1
        meant = nearest(name, shelf.names()) if self._guesses <= _MOST_GUESSES else None
        cure = f"did you mean {meant}?" if meant else f"add a {shelf.word} with this name"
        yield at.mistake(path, f"no {shelf.word} is called `{name}`", cure)

    def missing_any(
        self, names: Iterable[str], shelf: AnyShelf, at: Loaded[StrictModel], path: Path
    ) -> Iterator[Mistake]:
        """The same for a list of names."""
        for position, name in enumerate(names):
            yield from self.missing(name, shelf, at, (*path, position))


def read_library(sources: Mapping[str, str], *, files: Mapping[str, str] | None = None) -> Library:
    """Read all files, in the order of their names. Never raises: see `mistakes`.

    Args:
        sources: file name → text.
        files: what lies beside them, path → SHA-256 in hex; None when that is not known.
    """
    library = Library(files=files)
    library.sources = tuple(sorted(sources))
    shelves = {shelf.word: shelf for shelf in library.shelves}
    for file in library.sources:
        reading = read_documents(sources[file], file=file, kinds=KINDS)
        library.mistakes.extend(reading.mistakes)
        library.whole = library.whole and reading.whole
        for loaded in reading.documents:
            mistakes = [shelf.put(loaded) for shelf in library.shelves]
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
