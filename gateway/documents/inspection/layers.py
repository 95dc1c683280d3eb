"""Optional content that is off, or goes off by itself (§8.11.4)."""

from collections.abc import Iterator
from typing import Final

from gateway.documents.inspection.sighting import Sighting, named
from gateway.documents.inspection.snapshot import Snapshot, Value

_STATES: Final = (("/View", "/ViewState"), ("/Print", "/PrintState"), ("/Export", "/ExportState"))


def layer_sightings(snapshot: Snapshot) -> Iterator[Sighting]:
    """What the rule hidden-layers is about, but for annotations."""
    properties = snapshot.entry(snapshot.root, "/OCProperties")
    if not isinstance(properties, dict):
        return
    default = snapshot.entry(properties, "/D")
    if snapshot.entry(default, "/BaseState") in {"/OFF", "/Unchanged"}:
        yield Sighting("hidden-layers", "layers are off unless the document says otherwise")
    for group in _list(snapshot.entry(default, "/OFF")):
        yield Sighting("hidden-layers", f"{named(group)} is a layer that is off")
    if not _list(snapshot.entry(default, "/AS")):
        return
    for group in _list(snapshot.entry(properties, "/OCGs")):
        for usage, state in _STATES:
            if snapshot.entry(group, "/Usage", usage, state) == "/OFF":
                yield Sighting(
                    "hidden-layers", f"{named(group)} is a layer that goes off ({usage})"
                )


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []
