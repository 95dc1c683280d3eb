"""Optional content that is off, or goes off by itself (§8.11.4)."""

from collections.abc import Iterator
from typing import Final

from gateway.documents.inspection.sighting import Sighting, named
from gateway.documents.inspection.snapshot import Snapshot, Value, dictionaries

_OF_WHAT_IS_OFF: Final = frozenset({"/AllOff", "/AnyOff"})
_STATES: Final = (("/View", "/ViewState"), ("/Print", "/PrintState"), ("/Export", "/ExportState"))


def layer_sightings(snapshot: Snapshot) -> Iterator[Sighting]:
    """What the rule hidden-layers is about, but for annotations."""
    for reference, value in snapshot.objects.items():
        if any(_shows_what_is_off(snapshot, each) for each in dictionaries(value)):
            yield Sighting("hidden-layers", f"{named(reference)} hides content while layers are on")
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


def _shows_what_is_off(snapshot: Snapshot, membership: dict[str, Value]) -> bool:
    """Whether content comes to light when a layer is switched off (§8.11.2.2)."""
    if "/VE" in membership and (
        "/OCGs" in membership or snapshot.entry(membership, "/Type") == "/OCMD"
    ):
        return True
    return "/OCGs" in membership and snapshot.entry(membership, "/P") in _OF_WHAT_IS_OFF


def _list(value: Value) -> list[Value]:
    return value if isinstance(value, list) else []
