"""Whether what is on record as activated goes back to the first officers, step by step.

The database and the copies lie where the gateway writes. Whoever writes there, too, could record a
bundle of their own, with officers of their own who have signed it.
"""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

from gateway.bundles.authority import Authority
from gateway.bundles.copies import BundleCopies
from gateway.bundles.errors import BundleFileError, BundleRefusedError
from gateway.bundles.manifest import Manifest
from gateway.bundles.reading import manifest_of, opened, ruled_by


@dataclass(frozen=True, slots=True)
class Lineage:
    """What is on record.

    Attributes:
        traced: the signed manifests that officers before them have signed, the newest first.
        strays: those after them that nobody known has signed, the oldest first.
    """

    traced: tuple[str, ...]
    strays: tuple[Manifest, ...]


def lineage(manifests: Sequence[str], *, copies: BundleCopies, root: Authority | None) -> Lineage:
    """Trace them.

    Where a copy is damaged, who its officers were is not known, and those before it count.

    Args:
        manifests: signed, of all that came into force, the newest first.
        copies: where the bundles are kept.
        root: the first officers; None where their file is gone: the oldest bundle is believed.

    Raises:
        BundleFileError: what is on record is no manifest.
    """
    authority = root
    traced: list[str] = []
    strays: list[Manifest] = []
    for statement in reversed(manifests):
        manifest = manifest_of(statement)
        if authority is not None and len(authority.signers(statement)) < authority.signatures:
            strays.append(manifest)
            continue
        traced.insert(0, statement)
        strays.clear()
        with contextlib.suppress(BundleFileError, BundleRefusedError):
            authority = _officers_of(copies, manifest)
    return Lineage(tuple(traced), tuple(strays))


def _officers_of(copies: BundleCopies, manifest: Manifest) -> Authority:
    file = opened(copies.load(manifest))
    if file.manifest != manifest:
        raise BundleFileError("it is not the one whose manifest is on record")
    return Authority.of(ruled_by(file))
