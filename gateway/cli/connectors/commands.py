"""`sealgate connectors check` and `list`."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.policy.where import policies_in
from gateway.cli.terminal import fail, out, printable, tell_json, told_errors
from gateway.declarations.agreement import disagreement
from gateway.declarations.library import Declarations, DeclaredConnector, load_declarations
from gateway.desk.policy_files import NothingToReadError, PolicyFiles
from gateway.seals.errors import SealMaterialError
from policies.objects.systems import System
from strictyaml import MistakesError


class ToldConnector(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One connector of `list --json`; `refused` says why what it brings is not taken."""

    name: str
    kind: str
    system: str
    fetches: bool
    returns_to: tuple[str, ...]
    refused: str | None


def check(
    directory: Annotated[
        Path | None,
        typer.Argument(help="Directory of connectors; by default that of config.yaml."),
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Find mistakes in connectors' YAML, and connectors that the officers do not know.

    Nothing is connected to. Of a directory that is named, only the YAML is looked at. Exits 0, or 1
    when the officers have not agreed to a connector, or 2 when there are mistakes.
    """
    if directory is not None:
        with told_errors(MistakesError, OSError):
            found = load_declarations(directory)
        _say(f"{len(found.connectors)} connectors, no mistakes")
        return
    told = _told(declarations(config), config)
    for each in told:
        _print(each)
    if any(each.refused for each in told):
        raise typer.Exit(1)


def list_(as_json: JSONOption = False, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List the connectors, the system that each speaks for, and where its results go."""
    told = _told(declarations(config), config)
    if as_json:
        tell_json(told)
        return
    for each in told:
        _print(each)


def declarations(config: Path) -> Declarations:
    """Those of the installation, or say what is wrong and leave."""
    settings = configuration(config)
    if settings.connectors is None:
        raise fail(
            f"{config} names no connectors. Add `connectors:` with the directory of their YAML; "
            "docs/connectors.md says what stands in it"
        )
    with told_errors(MistakesError, OSError):
        return load_declarations(settings.connectors)


def _told(found: Declarations, config: Path) -> tuple[ToldConnector, ...]:
    with told_errors(NothingToReadError, SealMaterialError, MistakesError):
        systems = PolicyFiles.read(policies_in(None, config)).bundle.systems
    return tuple(
        ToldConnector(
            name=each.name,
            kind=_kind(each),
            system=each.system,
            fetches=each.mapping is not None,
            returns_to=each.returns_to,
            refused=next(_refusals(each, systems), None),
        )
        for each in sorted(found.connectors.values(), key=lambda each: each.name)
    )


def _refusals(declared: DeclaredConnector, systems: Mapping[str, System]) -> Iterator[str]:
    """Why it, or one that its results go to, may not speak for its system."""
    for name in dict.fromkeys((declared.name, *declared.returns_to)):
        why = disagreement(name, speaks_for=declared.system, systems=systems)
        if why is not None:
            yield why


def _kind(declared: DeclaredConnector) -> str:
    return type(declared.settings).__name__.removesuffix("Settings").lower()


def _print(each: ToldConnector) -> None:
    what = f"for {each.system}" if each.fetches else f"delivers only, for {each.system}"
    _say(f"{each.name}  {each.kind}  {what}, results to {', '.join(each.returns_to) or 'nobody'}")
    if each.refused is not None:
        _say(f"  refused: {each.refused}")


def _say(line: str) -> None:
    out.print(printable(line), markup=False, soft_wrap=True)
