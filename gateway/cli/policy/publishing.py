"""From the officers' directory to a bundle that enough of them have signed."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from gateway.bundles.acceptance import Standing, acceptable
from gateway.bundles.authority import Authority
from gateway.bundles.building import build
from gateway.bundles.reading import read
from gateway.bundles.signing import signed
from gateway.cli.people_keys import PersonSigner, called
from gateway.seals.in_force import read_sources
from gateway.statements import StatementKeyError
from policies.loader import load_bundle


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
        file=lambda path: (directory / path).read_bytes(),
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
        BundleRefusedError: it may not follow, or too few officers have signed.
        StatementKeyError: a key is no officer's of the bundle.
        NotWhatItSaysError, StatementInvalidError: see `gateway.bundles.signing.signed`.
    """
    for key in keys:
        sealed = read(data)
        data = signed(sealed, signer=_signer(key, Authority.of(sealed.bundle)))
    acceptable(read(data), standing=standing, root=root, at=at)
    return data


def _signer(key: PersonSigner, authority: Authority) -> PersonSigner:
    for keys in authority.officers.values():
        for each in keys:
            if each.value == key.public_key.value:
                return called(key, each.id)
    raise StatementKeyError("one of the keys is no officer's of the bundle: name an officer's own")
