"""The policies that decided something: a bundle file, a directory, or the installation's own."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from gateway.approvals.judging import deciding_digest
from gateway.approvals.proof import Proof
from gateway.bundles.authority import Authority
from gateway.bundles.copies import BundleCopies
from gateway.bundles.errors import BundleFileError
from gateway.bundles.lineage import legible
from gateway.bundles.reading import read
from gateway.cli.policy.bundles_here import rows_here
from gateway.config import Config
from gateway.desk.policy_files import PolicyFiles
from policies.bundle import Bundle


@dataclass(frozen=True, slots=True)
class DecidingPolicies:
    """Policies, and which of their own officers have signed them: of a directory nobody."""

    bundle: Bundle
    signed_by: tuple[str, ...] = ()


def policies_at(place: Path) -> DecidingPolicies:
    """A bundle file, or a directory of YAML.

    Raises:
        BundleFileError, BundleRefusedError, NothingToReadError, MistakesError, SealMaterialError,
        OSError: there are none.
    """
    if place.is_dir():
        return DecidingPolicies(PolicyFiles.read(place).bundle)
    return _sealed(place.read_bytes())


def policies_here(config: Config, proof: Proof) -> DecidingPolicies:
    """Those that the installation had in force when it used the approval, or asked for it.

    Raises:
        BundleFileError: it has no copy of them. For others see `policies_at`.
    """
    if config.policies.directory is not None:
        return policies_at(config.policies.directory)
    copies = BundleCopies(config.bundle_copies)
    wanted = deciding_digest(proof)
    for manifest in legible(rows_here(config)):
        if manifest.content != wanted:
            continue
        with contextlib.suppress(BundleFileError):  # the same may have been in force twice
            return _sealed(copies.load(manifest))
    raise BundleFileError(
        f"there is no whole copy of {wanted} here: name the policies that decided with --policies"
    )


def _sealed(data: bytes) -> DecidingPolicies:
    sealed = read(data)
    signers = Authority.of(sealed.bundle).signers(sealed.statement)
    return DecidingPolicies(sealed.bundle, tuple(sorted(signers)))
