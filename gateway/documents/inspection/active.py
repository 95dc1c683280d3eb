"""Scripts, actions and media; streams that lie elsewhere; attached files (§12.6, §13, §7.11)."""

from collections.abc import Iterable, Iterator
from typing import Final

from gateway.documents.inspection.sighting import Sighting, named
from gateway.documents.inspection.snapshot import Snapshot, Value, dictionaries
from gateway.documents.inspection.words import (
    ACTIONS,
    ACTIVE_KEYS,
    EXTERNAL_KEYS,
    FILE_KEYS,
    MEDIA,
)

_NAME_TABLES: Final = frozenset(
    [
        "/ColorSpace",
        "/Dests",
        "/ExtGState",
        "/Font",
        "/Pattern",
        "/Properties",
        "/Shading",
        "/XObject",
    ]
)
_MEANING: Final = frozenset(
    ["/A", "/FT", "/Fields", "/Kids", "/Pages", "/S", "/Subtype", "/T", "/Type"]
)


def active_sightings(snapshot: Snapshot) -> Iterator[Sighting]:
    """What the rules active-content, external-stream and embedded-files are about.

    All objects are looked at, also those that nothing refers to, wherever an entry stands.
    """
    yield from _opening(snapshot)
    holders = [
        (reference, value, list(dictionaries(value)))
        for reference, value in (("the trailer", snapshot.trailer), *snapshot.objects.items())
    ]
    tables = _name_tables(snapshot, (each for _, _, held in holders for each in held))
    for reference, value, held in holders:
        where = reference if reference == "the trailer" else named(reference)
        for dictionary in held:
            if id(dictionary) in tables:
                continue
            yield from _in_dictionary(snapshot, dictionary, where)
        if reference in snapshot.streams:
            for key, what in EXTERNAL_KEYS.items():
                if key in value:
                    yield Sighting("external-stream", f"{where} has {what}")


def _in_dictionary(
    snapshot: Snapshot, dictionary: dict[str, Value], where: str
) -> Iterator[Sighting]:
    action = snapshot.resolve(dictionary.get("/S"))
    if isinstance(action, str) and action in ACTIONS:
        yield Sighting("active-content", f"{where} has an action ({action})")
    subtype = snapshot.resolve(dictionary.get("/Subtype"))
    if isinstance(subtype, str) and subtype in MEDIA:
        yield Sighting("active-content", f"{where} is of the active kind {subtype}")
    for key, what in ACTIVE_KEYS.items():
        if key in dictionary and not _is_empty(snapshot.resolve(dictionary[key])):
            yield Sighting("active-content", f"{where} has {what}")
    if _runs_script(snapshot.resolve(dictionary.get("/URI"))):
        yield Sighting("active-content", f"{where} has a link that runs a script")
    for key, what in FILE_KEYS.items():
        if key in dictionary and not _is_empty(snapshot.resolve(dictionary[key])):
            yield Sighting("embedded-files", f"{where} has {what}")
    if subtype == "/FileAttachment" or snapshot.resolve(dictionary.get("/Type")) == "/EmbeddedFile":
        yield Sighting("embedded-files", f"{where} is an attached file")


def _opening(snapshot: Snapshot) -> Iterator[Sighting]:
    opening = snapshot.entry(snapshot.root, "/OpenAction")
    if not isinstance(opening, dict):
        return  # a destination: where reading begins
    if snapshot.entry(opening, "/S") != "/GoTo" or "/Next" in opening:
        yield Sighting("active-content", "the catalogue has an /OpenAction that is no plain jump")


def _is_empty(value: Value) -> bool:
    return value is None or value in ({}, [])


def _runs_script(value: Value) -> bool:
    if not isinstance(value, str):
        return False
    kind, _, text = value.partition(":")
    if kind == "b":
        text = bytes.fromhex(text).decode("latin-1")
    plain = "".join(mark for mark in text if mark.isprintable() and not mark.isspace())
    return plain.lower().startswith(("javascript:", "vbscript:", "data:"))


def _name_tables(snapshot: Snapshot, held: Iterable[dict[str, Value]]) -> set[int]:
    """Dictionaries whose keys are names that the producer chose: a font may be called /JS.

    One that could also be read as something with a meaning is none, whoever calls it a table.
    """
    found: set[int] = set()
    for dictionary in held:
        if _NAME_TABLES.isdisjoint(dictionary):
            continue
        for key in name_table_keys(dictionary):
            table = snapshot.resolve(dictionary[key])
            if isinstance(table, dict) and not _MEANING & table.keys():
                found.add(id(table))
    return found


def name_table_keys(keys: Iterable[str]) -> frozenset[str]:
    """Those of a dictionary's keys whose values are dictionaries of names that people chose."""
    return _NAME_TABLES.intersection(keys)
