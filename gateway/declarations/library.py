"""All declarations of the directory that `connectors:` of config.yaml names, or all mistakes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from connectors.open import Settings
from gateway.declarations.connectors import ConnectorKind
from gateway.declarations.declaration import Declaration
from gateway.declarations.mapping import MappingSpec
from gateway.declarations.returns import DeclaredReturn, ReturnKind
from gateway.declarations.webhooks import DeclaredWebhook, WebhookKind, declared_webhooks
from gateway.regular_files import read_regular
from strictyaml import MAX_BYTES, Loaded, Mistake, nearest, raise_if_any, read_documents

DeclarationT = TypeVar("DeclarationT", bound=Declaration)

KINDS: Mapping[str, type[Declaration]] = {
    "Connector": ConnectorKind,
    "Webhook": WebhookKind,
    "Return": ReturnKind,
}
"""What may stand after `kind:`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredConnector:
    """A connector, as IT declared it.

    Attributes:
        name: its own.
        system: for which calling system it speaks.
        settings: of its place, for `connectors.open`.
        mapping: how requests are made of what comes; None: nothing is fetched.
        returns_to: names of the connectors that its results go to.
        poll_seconds: how often it is looked at.
        most: documents in one batch.
        readable: what the gateway must be able to read for it.
        writable: what it must be able to write to.
    """

    name: str
    system: str
    settings: Settings
    mapping: MappingSpec | None
    returns_to: tuple[str, ...]
    poll_seconds: float
    most: int
    readable: tuple[Path, ...] = ()
    writable: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Declarations:
    """All of it, by name."""

    connectors: Mapping[str, DeclaredConnector] = field(default_factory=dict)
    webhooks: Mapping[str, DeclaredWebhook] = field(default_factory=dict)
    returns: Mapping[str, DeclaredReturn] = field(default_factory=dict)

    @property
    def readable(self) -> tuple[Path, ...]:
        """What the gateway must be able to read."""
        connectors = (path for each in self.connectors.values() for path in each.readable)
        webhooks = (path for each in self.webhooks.values() for path in each.readable)
        return (*connectors, *webhooks)

    @property
    def writable(self) -> tuple[Path, ...]:
        """What it must be able to write to."""
        return tuple(path for each in self.connectors.values() for path in each.writable)


def load_declarations(directory: Path | None) -> Declarations:
    """Read every *.yaml and *.yml below the directory; None: there is none.

    Raises:
        MistakesError: every mistake, with line and cure.
        OSError: the directory or a file cannot be read.
    """
    if directory is None:
        return Declarations()
    if not directory.is_dir():
        raise NotADirectoryError(20, "`connectors:` of config.yaml is no directory", str(directory))
    found = sorted([*directory.rglob("*.yaml"), *directory.rglob("*.yml")])
    sources = {
        str(path): read_regular(path, most_bytes=MAX_BYTES).decode("utf-8", errors="replace")
        for path in found
    }
    return read_declarations(sources)


def read_declarations(sources: Mapping[str, str]) -> Declarations:
    """The same of texts by file name.

    Raises:
        MistakesError: every mistake, with line and cure.
    """
    mistakes: list[Mistake] = []
    connectors: dict[str, Loaded[ConnectorKind]] = {}
    targets: dict[str, Loaded[WebhookKind | ReturnKind]] = {}
    whole = True
    for file, text in sources.items():
        reading = read_documents(text, file=file, kinds=KINDS)
        mistakes.extend(reading.mistakes)
        whole = whole and reading.whole and not reading.refused
        for loaded in reading.documents:
            value, tree = loaded.value, loaded.tree
            if isinstance(value, ConnectorKind):
                mistakes.extend(_kept(Loaded(value=value, tree=tree), connectors))
            elif isinstance(value, WebhookKind | ReturnKind):
                mistakes.extend(_kept(Loaded(value=value, tree=tree), targets))
    for each in connectors.values():
        mistakes.extend(_lost(each, connectors) if whole else ())
    for target in targets.values():
        mistakes.extend(_without_connector(target, connectors) if whole else ())
    raise_if_any(mistakes)
    values = {name: each.value for name, each in targets.items()}
    return Declarations(
        connectors={name: _declared(each) for name, each in connectors.items()},
        webhooks=declared_webhooks(
            {name: each for name, each in values.items() if isinstance(each, WebhookKind)}
        ),
        returns={
            name: _returning(each, connectors[each.spec.connector].value)
            for name, each in values.items()
            if isinstance(each, ReturnKind)
        },
    )


def _kept(one: Loaded[DeclarationT], by_name: dict[str, Loaded[DeclarationT]]) -> Iterator[Mistake]:
    """Keep it under its name; a mistake when there is one of that name."""
    first = by_name.setdefault(one.value.metadata.name, one)
    if first is one:
        return
    yield one.mistake(
        ("metadata", "name"),
        f"there is one called `{one.value.metadata.name}` already, in "
        f"{first.tree.file}:{first.tree.line(())}",
        "give it another name, or remove one of the two",
    )


def _lost(
    loaded: Loaded[ConnectorKind], connectors: Mapping[str, Loaded[ConnectorKind]]
) -> Iterator[Mistake]:
    """Results that go nowhere."""
    for position, name in enumerate(loaded.value.spec.return_to or ()):
        if name not in connectors:
            meant = nearest(name, connectors)
            cure = f"did you mean {meant}?" if meant else "add a Connector with this name"
            path = ("spec", "return", position)
            yield loaded.mistake(path, f"no Connector is called `{name}`", cure)


def _without_connector(
    loaded: Loaded[WebhookKind | ReturnKind], connectors: Mapping[str, Loaded[ConnectorKind]]
) -> Iterator[Mistake]:
    """A Return by a connector that is not there."""
    value = loaded.value
    if not isinstance(value, ReturnKind) or value.spec.connector in connectors:
        return
    name = value.spec.connector
    meant = nearest(name, connectors)
    cure = f"did you mean {meant}?" if meant else "add a Connector with this name"
    yield loaded.mistake(("spec", "connector"), f"no Connector is called `{name}`", cure)


def _returning(kind: ReturnKind, connector: ConnectorKind) -> DeclaredReturn:
    spec = kind.spec
    types = spec.document_types
    return DeclaredReturn(
        name=kind.metadata.name,
        connector=spec.connector,
        system=connector.spec.system,
        document_types=None if types is None else frozenset(types),
        most_at_once=spec.most_at_once,
        settings=connector.spec.place.settings(spec.connector, beside=None),
    )


def _declared(loaded: Loaded[ConnectorKind]) -> DeclaredConnector:
    name, spec = loaded.value.metadata.name, loaded.value.spec
    beside = None if spec.mapping is None else spec.mapping.beside
    return DeclaredConnector(
        name=name,
        system=spec.system,
        settings=spec.place.settings(name, beside=beside),
        mapping=spec.mapping,
        returns_to=(name,) if spec.return_to is None else spec.return_to,
        poll_seconds=spec.poll_seconds,
        most=spec.most,
        readable=spec.place.readable,
        writable=spec.place.writable,
    )
