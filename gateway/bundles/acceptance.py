"""Whether a bundle may come into force after the one that is."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gateway.bundles.authority import Authority
from gateway.bundles.errors import BundleFromTheFutureError, BundleRefusedError
from gateway.bundles.manifest import Manifest
from gateway.bundles.reading import SealedBundle
from policies.bundle import Bundle
from policies.life import transition_mistakes


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What is in force.

    Attributes:
        manifest: which bundle.
        bundle: its objects.
        authority: its officers, who say what follows.
        contents: content digests of all that was ever in force here, this one's too.
    """

    manifest: Manifest
    bundle: Bundle
    authority: Authority
    contents: frozenset[str]


TOLERANCE = timedelta(minutes=5)
"""By how much the clock of the machine that built a bundle may be ahead of this one's."""


def admissible(
    statement: str,
    manifest: Manifest,
    *,
    standing: Standing | None,
    root: Authority,
    at: datetime,
) -> frozenset[str]:
    """The officers in force who have signed it: enough of them.

    All that the manifest alone can tell. Nothing else of a file is worth reading before.

    Args:
        statement: the signed manifest.
        manifest: what it says.
        standing: what is in force; None while nothing ever was.
        root: the first officers, who count while nothing ever was in force.
        at: now.

    Raises:
        BundleRefusedError: of another group, older, not a successor of what is in force, from the
            future, or too few officers have signed.
    """
    authority = root if standing is None else standing.authority
    _check_group(manifest.group, authority)
    if standing is not None:
        _check_line(manifest, standing)
    elif manifest.rollback:
        raise BundleRefusedError("a rollback, but nothing was ever in force", cure=_REBUILD)
    _check_moment(manifest, at)
    return _enough(statement, authority, "in force" if standing else "named by policies.root")


def acceptable(
    new: SealedBundle, *, standing: Standing | None, root: Authority, at: datetime
) -> tuple[str, ...]:
    """The officers who have signed it, sorted: enough of them.

    Args:
        new: the bundle; that its parts are those of its manifest was proved by reading it.
        standing: see `admissible`.
        root: see `admissible`.
        at: now.

    Raises:
        BundleRefusedError: see `admissible`; or too few of its own officers have signed, or a seal
            or grant cannot become what it says.
    """
    signers = admissible(new.statement, new.manifest, standing=standing, root=root, at=at)
    own = Authority.of(new.bundle)
    _check_group(own.group, root if standing is None else standing.authority)
    if standing is not None:
        _check_lives(new, standing, at)
    # Otherwise officers could be named who have no key at hand, and nobody could sign the next.
    return tuple(sorted(signers | _enough(new.statement, own, "of the bundle itself")))


_REBUILD = "build it anew on what is in force (sealgate policy build --after FILE), and sign that"


def _check_group(group: str, authority: Authority) -> None:
    if group != authority.group:
        raise BundleRefusedError(
            f"it is for the group {group!r}, but here rules {authority.group!r}",
            cure="send it to the gateways of its own group",
        )


def _check_moment(new: Manifest, at: datetime) -> None:
    # Nothing is put into order by clocks. But one of the two is wrong, and people should know.
    if new.built_at > at + TOLERANCE:
        raise BundleFromTheFutureError(
            new.built_at - TOLERANCE,
            f"it was built at {new.built_at:%Y-%m-%d %H:%M:%S} UTC, and here it is "
            f"{at:%Y-%m-%d %H:%M:%S} UTC",
            cure="set the clock that is wrong: if it is this machine's, the bundle comes into "
            "force by itself then; if it was the builder's, build it anew, and sign that",
        )


def _check_line(new: Manifest, standing: Standing) -> None:
    old = standing.manifest
    if new.sequence == old.sequence and new.digest != old.digest:
        raise BundleRefusedError(
            f"it is number {new.sequence}, but another number {old.sequence} is in force",
            cure=_REBUILD,
        )
    if new.sequence <= old.sequence:
        raise BundleRefusedError(
            f"it is number {new.sequence}, but number {old.sequence} is in force",
            cure="an older bundle comes back by `sealgate policy rollback`, signed again",
        )
    if new.previous != old.digest:
        raise BundleRefusedError(
            f"it follows another bundle than number {old.sequence}, which is in force",
            cure=f"activate the one in between first; or {_REBUILD}",
        )
    if new.rollback and new.content not in standing.contents:
        raise BundleRefusedError(
            "it calls itself a rollback, but its content was never in force here", cure=_REBUILD
        )


def _check_lives(new: SealedBundle, standing: Standing, at: datetime) -> None:
    mistakes = transition_mistakes(standing.bundle, new.bundle, at=at)
    if mistakes:
        raise BundleRefusedError(mistakes[0], cure=_REBUILD)


def _enough(statement: str, authority: Authority, whose: str) -> frozenset[str]:
    signers = authority.signers(statement)
    if len(signers) < authority.signatures:
        by = ", ".join(sorted(signers)) or "none"
        missing = ", ".join(sorted(authority.officers.keys() - signers))
        raise BundleRefusedError(
            f"{authority.signatures} of the officers {whose} must sign, and {by} of them did",
            cure=f"have it signed (sealgate policy sign) by {missing}",
        )
    return signers
