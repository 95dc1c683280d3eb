"""From the officers' directory to a bundle that enough of them have signed."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from gateway.bundles.acceptance import Standing, acceptable
from gateway.bundles.authority import Authority
from gateway.bundles.building import build
from gateway.bundles.errors import (
    BundleFileError,
    BundleNotBuiltError,
    BundleRefusedError,
    NotWhatItSaysError,
)
from gateway.bundles.reading import read
from gateway.bundles.signing import signed
from gateway.cli.people_keys import PersonSigner, called
from gateway.cli.terminal import told_errors
from gateway.seals.errors import SealMaterialError
from gateway.seals.in_force import read_sources
from gateway.seals.registry import files_below
from gateway.statements import StatementInvalidError, StatementKeyError
from policies.loader import load_bundle
from strictyaml import MistakesError

_REFUSED = (
    BundleNotBuiltError,
    BundleRefusedError,
    MistakesError,
    NotWhatItSaysError,
    SealMaterialError,
)
_UNREADABLE = (BundleFileError, OSError, StatementInvalidError, StatementKeyError)


@contextmanager
def told_refusals() -> Iterator[None]:
    """Exit code 1 where the policies or the bundle are refused, 2 where that cannot be told."""
    with told_errors(*_UNREADABLE), told_errors(*_REFUSED, code=1):
        yield


def first_officers(directory: Path) -> Authority:
    """Those whom the directory names.

    Raises:
        BundleRefusedError: it names none, or they could never sign.
        MistakesError, SealMaterialError: of the YAML.
    """
    return Authority.of(load_bundle(read_sources(directory)))


def next_bundle(directory: Path, *, standing: Standing | None, at: datetime) -> bytes:
    """The directory as a bundle that nobody has signed.

    Args:
        directory: the YAML and what it names.
        standing: what it follows; None for a group's first.
        at: now.

    Raises:
        BundleNotBuiltError, BundleFileError, MistakesError, SealMaterialError: see `build`.
    """
    return build(
        read_sources(directory),
        file=files_below(directory),
        after=None if standing is None else standing.manifest,
        at=at,
    )


def signed_by(
    keys: Sequence[PersonSigner],
    data: bytes,
    *,
    standing: Standing | None,
    root: Authority,
    at: datetime,
) -> bytes:
    """The bundle with these officers' signatures, so that a gateway would take it.

    Args:
        keys: the officers'; whose each is, its public half tells.
        data: see `next_bundle`.
        standing: what it follows.
        root: the first officers, who count while nothing was ever in force.
        at: now.

    Raises:
        BundleRefusedError: it may not follow, too few officers have signed, or a key is no
            officer's of the bundle.
        NotWhatItSaysError, StatementInvalidError: see `gateway.bundles.signing.signed`.
    """
    for key in keys:
        sealed = read(data)
        data = signed(sealed, signer=officers_key(key, Authority.of(sealed.bundle)))
    acceptable(read(data), standing=standing, root=root, at=at)
    return data


def officers_key(key: PersonSigner, authority: Authority) -> PersonSigner:
    """The key under the id that the bundle has for it.

    Raises:
        BundleRefusedError: it is no officer's, or the bundle calls it otherwise than it was named.
    """
    value = key.public_key.value
    ids = [each.id for keys in authority.officers.values() for each in keys if each.value == value]
    if not ids:
        named = f"the key {key.key_id}" if key.key_id else "a key that was named"
        raise BundleRefusedError(
            f"{named} is the key of no officer of the bundle",
            cure="sign with the key of an officer that its Governance counts",
        )
    if key.key_id and key.key_id not in ids:
        raise BundleRefusedError(
            f"the bundle has this key as {ids[0]}, not as {key.key_id}",
            cure=f"write {ids[0]}=, or leave the id out",
        )
    return called(key, key.key_id or ids[0])
