"""Which seals a policy speaks of, by the documents of a library."""

from policies.kinds.policy import SealScopeSpec
from policies.kinds.things import SealSpec
from policies.objects.rules import ANY
from policies.reading.ancestry import Ancestry
from policies.reading.library import Library


def covered_seals(
    library: Library, ancestry: Ancestry, written: SealScopeSpec | tuple[str, ...]
) -> tuple[str, ...]:
    """Their names: those of a list as written, those of a scope or `*` sorted."""
    seals = library.seals.documents
    if isinstance(written, SealScopeSpec):
        return tuple(
            name for name in sorted(seals) if _fits(seals[name].value.spec, written, ancestry)
        )
    return tuple(sorted(seals)) if ANY in written else written


def _fits(seal: SealSpec, scope: SealScopeSpec, ancestry: Ancestry) -> bool:
    if scope.types and seal.type not in scope.types:
        return False
    if scope.lines and seal.line not in scope.lines:
        return False
    if not scope.companies or seal.company in scope.companies:
        return True
    return scope.below and not set(scope.companies).isdisjoint(ancestry.above(seal.company))
