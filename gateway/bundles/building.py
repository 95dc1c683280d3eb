"""Officers' files into a bundle that waits for signatures."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from gateway.bundles.authority import Authority
from gateway.bundles.errors import BundleNotBuiltError, BundleRefusedError
from gateway.bundles.manifest import FORMAT, Manifest
from gateway.bundles.reading import SealedBundle, written
from gateway.statements import unsigned
from policies.bundle import Bundle, sources_digest
from policies.compiled import compiled, named_files, with_files
from policies.loader import load_bundle

Compile = Callable[[Mapping[str, str]], Bundle]
"""YAML into a bundle that has passed its own tests: `policies.loader.load_bundle`."""


def build(
    sources: Mapping[str, str],
    *,
    file: Callable[[str], bytes],
    after: Manifest | None,
    at: datetime,
    compile_sources: Compile = load_bundle,
) -> bytes:
    """The bundle file, signed by nobody yet.

    Args:
        sources: the YAML by path.
        file: reads what an object names by its path; raises OSError.
        after: of the bundle that it follows; None for a group's first.
        at: now.
        compile_sources: see `Compile`.

    Raises:
        MistakesError: what is wrong with the YAML.
        BundleNotBuiltError: a file cannot be read, or officers are missing.
        BundleFileError: it would be too large, or a path too long.
    """
    bundle = compile_sources(sources)
    files = {path: _content(path, file) for path in sorted(named_files(bundle))}
    prints = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    try:
        group = Authority.of(bundle).group
    except BundleRefusedError as error:
        raise BundleNotBuiltError(str(error)) from None
    manifest = Manifest(
        format=FORMAT,
        group=group,
        sequence=1 if after is None else after.sequence + 1,
        previous=None if after is None else after.digest,
        content=with_files(bundle, prints).digest,
        sources=sources_digest(sources),
        built_at=at,
    )
    return written(
        unsigned(manifest.payload), pieces=compiled(bundle), files=files, sources=sources
    )


def rolled_back(earlier: SealedBundle, *, after: Manifest, at: datetime) -> bytes:
    """An earlier bundle's content as the next one, to be signed anew.

    The gateway goes forward only: what was in force comes back under a new number.
    """
    manifest = Manifest(
        format=FORMAT,
        group=earlier.manifest.group,
        sequence=after.sequence + 1,
        previous=after.digest,
        content=earlier.manifest.content,
        sources=earlier.manifest.sources,
        built_at=at,
        rollback=True,
    )
    return written(
        unsigned(manifest.payload),
        pieces=earlier.pieces,
        files=earlier.files,
        sources=earlier.sources,
    )


def _content(path: str, file: Callable[[str], bytes]) -> bytes:
    try:
        return file(path)
    except OSError as error:
        raise BundleNotBuiltError(
            f"{path} cannot be read ({error.strerror}): put it there, or correct who names it"
        ) from error
