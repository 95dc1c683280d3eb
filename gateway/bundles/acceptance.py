"""Whether a bundle may come into force after the one that is."""

from dataclasses import dataclass

from gateway.bundles.authority import Authority
from gateway.bundles.errors import BundleRefusedError
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


def acceptable(new: SealedBundle, *, standing: Standing | None, root: Authority) -> tuple[str, ...]:
    """The officers who have signed it, sorted: enough of them.

    Args:
        new: the bundle; that its parts are those of its manifest was proved by reading it.
        standing: what is in force; None while nothing ever was.
        root: the first officers, who count while nothing ever was in force.

    Raises:
        BundleRefusedError: of another group, older, not a successor of what is in force, or too
            few officers have signed: of those in force, and of its own.
    """
    authority = root if standing is None else standing.authority
    own = Authority.of(new.bundle)
    _check_group(new, own, authority)
    if standing is not None:
        _check_line(new.manifest, standing)
        _check_lives(new, standing)
    elif new.manifest.rollback:
        raise BundleRefusedError("a rollback, but nothing was ever in force", cure=_REBUILD)
    signers = _enough(new, authority, "in force" if standing else "named by policies.root")
    # Otherwise officers could be named who have no key at hand, and nobody could sign the next.
    return tuple(sorted(signers | _enough(new, own, "of the bundle itself")))


_REBUILD = "build it anew on what is in force (sealgate policy build --after FILE), and sign that"


def _check_group(new: SealedBundle, own: Authority, authority: Authority) -> None:
    if not new.manifest.group == own.group == authority.group:
        raise BundleRefusedError(
            f"it is for the group {new.manifest.group!r} with {own.group!r} on top, but here rules "
            f"{authority.group!r}",
            cure="send it to the gateways of its own group",
        )


def _check_line(new: Manifest, standing: Standing) -> None:
    old = standing.manifest
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


def _check_lives(new: SealedBundle, standing: Standing) -> None:
    mistakes = transition_mistakes(standing.bundle, new.bundle)
    if mistakes:
        raise BundleRefusedError(mistakes[0], cure=_REBUILD)


def _enough(new: SealedBundle, authority: Authority, whose: str) -> frozenset[str]:
    signers = authority.signers(new.statement)
    if len(signers) < authority.signatures:
        by = ", ".join(sorted(signers)) or "none"
        missing = ", ".join(sorted(authority.officers.keys() - signers))
        raise BundleRefusedError(
            f"{authority.signatures} of the officers {whose} must sign, and {by} of them did",
            cure=f"have it signed (sealgate policy sign) by {missing}",
        )
    return signers
