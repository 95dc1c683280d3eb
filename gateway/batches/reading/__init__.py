"""Archives and manifests of strangers as items: whatever comes, each has a result of its own."""

from gateway.batches.reading.archive import read_zip
from gateway.batches.reading.manifest import ManifestForm, joined, read_manifest
from gateway.batches.reading.model import Defaults, Files, Limits
from gateway.batches.reading.typed import typed

__all__ = [
    "Defaults",
    "Files",
    "Limits",
    "ManifestForm",
    "joined",
    "read_manifest",
    "read_zip",
    "typed",
]
