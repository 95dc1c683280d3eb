"""`kind: Return`: documents that a system has sealed over HTTP, brought to it by a connector."""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from connectors.open import Settings
from gateway.declarations.declaration import Declaration
from policies.kinds.spelling import Name
from strictyaml import StrictModel


class ReturnSpec(StrictModel):
    """By which connector, and what.

    Attributes:
        connector: its name. The documents are those of the system that it speaks for.
        document_types: of these types only.
        most_at_once: deliveries at the same time.
    """

    connector: Name
    document_types: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    most_at_once: Annotated[int, Field(ge=1, le=64)] = 4


class ReturnKind(Declaration):
    """`kind: Return`."""

    kind: Literal["Return"]
    spec: ReturnSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredReturn:
    """A return, as IT declared it.

    Attributes:
        name: its own.
        connector: the connector's name.
        system: whose documents it brings: that for which the connector speaks.
        document_types: of these types only; None: of all.
        most_at_once: deliveries at the same time.
        settings: of the connector's place, for `connectors.open`.
    """

    name: str
    connector: str
    system: str
    document_types: frozenset[str] | None
    most_at_once: int
    settings: Settings
