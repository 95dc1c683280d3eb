"""What is set up here, read without asking the gateway, and before its first start as well."""

import os
import shutil
from datetime import datetime
from pathlib import Path

from gateway.bundles.authority import MOST_ROOT_BYTES, Authority
from gateway.cli.onboarding.model import Installation
from gateway.cli.policy.bundles_here import newest_here
from gateway.config import Config
from gateway.declarations.library import load_declarations
from gateway.desk.policy_files import NothingToReadError, PolicyFiles
from gateway.envelopes.partners.roots import certificates_in
from gateway.regular_files import read_regular
from policies.bundle import Bundle
from policies.loader import load_bundle

_CERTIFICATES = frozenset({".pem", ".crt", ".cer", ".der"})


def installation_of(config: Config, *, at: datetime) -> Installation:
    """All of it.

    Raises:
        MistakesError: policies or declarations have mistakes.
        BundleFileError: the first officers' file is damaged.
        SealMaterialError: a file of the policies cannot be read.
        SQLAlchemyError: the database cannot be read.
        OSError: a file or directory cannot be read.
    """
    return Installation(
        config=config,
        bundle=_policies(config, at),
        declarations=load_declarations(config.connectors),
        cores=len(os.sched_getaffinity(0)),
        free_bytes=_free(config.documents_directory),
        partner_roots=_roots(config),
        at=at,
    )


def _policies(config: Config, at: datetime) -> Bundle:
    """Those in force once the gateway has taken what lies there; none at all deny everything."""
    nothing = load_bundle({})
    settings = config.policies
    if settings.directory is not None:
        try:
            return PolicyFiles.read(settings.directory).bundle
        except NothingToReadError:
            return nothing
    if settings.bundles is None or settings.root is None:
        return nothing
    root = Authority.read(read_regular(settings.root, most_bytes=MOST_ROOT_BYTES))
    standing = newest_here(config, bundles=settings.bundles, root=root, at=at)
    return nothing if standing is None else standing.bundle


def _free(directory: Path) -> int:
    there = next(each for each in (directory, *directory.parents) if each.is_dir())
    return shutil.disk_usage(there).free


def _roots(config: Config) -> int:
    bridge = config.bridge
    if bridge is None or not bridge.trusted_roots.is_dir():
        return 0
    roots: set[bytes] = set()
    for file in sorted(bridge.trusted_roots.iterdir()):
        if file.suffix.lower() in _CERTIFICATES:
            try:
                roots.update(certificates_in(file.read_bytes()))
            except ValueError:
                continue  # the doctor tells of it
    return len(roots)
