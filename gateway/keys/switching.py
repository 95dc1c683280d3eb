"""A seal's YAML with another key and certificate: two words change, and nothing else does."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

import msgspec

from policies.bundle import Bundle
from policies.loader import load_bundle
from policies.objects.seals import Seal
from policies.reading.library import Library
from strictyaml import MistakesError


class NotSwitchedError(Exception):
    """The YAML cannot be changed by a machine; the message has the cure."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """A seal's change, ready to be written.

    Attributes:
        file: the YAML file, relative to the policies.
        text: all of it, changed.
        certificate: where the new certificate goes, relative likewise; no other seal has it.
        bundle: what the policies are with it.
    """

    file: str
    text: str
    certificate: str
    bundle: Bundle


def switched(
    sources: Mapping[str, str], library: Library, before: Bundle, *, seal: Seal, key: str
) -> Switch:
    """The change that gives the seal another key, with a certificate in a file of its own.

    Args:
        sources: the policies' YAML, by file.
        library: the same, read.
        before: the same, connected.
        seal: as it is.
        key: the id of its next key.

    Raises:
        NotSwitchedError: the lines are not in the usual form, or more than the seal would change.
    """
    (shelf,) = (each for each in library.shelves if each.word == "Seal")
    found = shelf.find(seal.name)
    if found is None:
        raise NotSwitchedError(f"seal {seal.name!r} has a mistake: see `sealgate policy check`")
    tree = found.tree
    certificate = str(PurePosixPath(seal.certificate).with_name(f"{seal.name}.{key}.pem"))
    lines = sources[tree.file].splitlines(keepends=True)
    for name, old, new in (
        ("key", seal.key, key),
        ("certificate", seal.certificate, certificate),
    ):
        number = tree.lines.get(("spec", name), 0) - 1
        changed = _changed(lines[number], name, old, new) if number >= 0 else None
        if changed is None:
            raise NotSwitchedError(
                f"{tree.file}:{number + 1}: `{name}: {old}` does not stand alone in its line; "
                f"write `key: {key}` and `certificate: {certificate}` there by hand"
            )
        lines[number] = changed
    text = "".join(lines)
    try:
        bundle = load_bundle({**sources, tree.file: text})
    except MistakesError as error:
        raise NotSwitchedError(f"the policies would be wrong with it: {error}") from error
    wanted = msgspec.structs.replace(seal, key=key, certificate=certificate)
    if bundle.seals != {**before.seals, seal.name: wanted}:
        raise NotSwitchedError(
            f"{tree.file}: more than seal {seal.name!r} would change; write `key: {key}` and "
            f"`certificate: {certificate}` there by hand"
        )
    return Switch(file=tree.file, text=text, certificate=certificate, bundle=bundle)


def _changed(line: str, name: str, old: str, new: str) -> str | None:
    """The line with the other value; None: something else is in it, or it is not in block style."""
    body = line.rstrip("\r\n")
    value = r"\"[^\"]*\"|'[^']*'|[^\s#'\"{},]+"
    found = re.fullmatch(rf"(\s*{name}:\s+)({value})(\s*(?:#.*)?)", body)
    if found is None or found[2].strip("\"'") != old:
        return None
    return f"{found[1]}{new}{found[3]}{line[len(body) :]}"
