"""What policies name: seals, document types, callers, and who must approve."""

from collections.abc import Iterator

from policies.kinds.placement import is_visible
from policies.kinds.policy import PermitSpec, SealPolicyKind, SealScopeSpec
from policies.objects.rules import ANY
from policies.powers import Action, may
from policies.reading.ancestry import Ancestry
from policies.reading.covered import covered_seals
from policies.reading.library import Library
from policies.reading.references.approvers import Approvers
from policies.reading.references.people import powers_of_roles
from policies.reading.references.seals import cure_of_type, known_types
from strictyaml import Loaded, Mistake, Path

_Policy = Loaded[SealPolicyKind]


def rule_mistakes(library: Library, ancestry: Ancestry) -> Iterator[Mistake]:
    """Loose ends of policies, and rules for those who may not do what the rule is about."""
    approvers = Approvers(library)
    for policy in library.policies.documents.values():
        spec = policy.value.spec
        types = [] if ANY in spec.document_types else spec.document_types
        yield from _seal_mistakes(library, policy)
        path: Path = ("spec", "documentTypes")
        yield from library.missing_any(types, library.document_types, policy, path)
        covered = covered_seals(library, ancestry, spec.seals)
        for position, permit in enumerate(spec.permit):
            path = ("spec", "permit", position)
            yield from _permit_mistakes(library, policy, permit, path)
            yield from approvers.mistakes(policy, permit, path)
            yield from _stamp_mistakes(library, policy, permit, path, covered)
        for position, forbid in enumerate(spec.forbid):
            path = ("spec", "forbid", position)
            for key, names, shelf in (
                ("systems", forbid.systems, library.systems),
                ("roles", forbid.roles, library.roles),
                ("companies", forbid.companies, library.companies),
            ):
                yield from library.missing_any(names, shelf, policy, (*path, key))


def _seal_mistakes(library: Library, policy: _Policy) -> Iterator[Mistake]:
    seals = policy.value.spec.seals
    path: Path = ("spec", "seals")
    if not isinstance(seals, SealScopeSpec):
        named = [] if ANY in seals else seals
        yield from library.missing_any(named, library.seals, policy, path)
        return
    yield from library.missing_any(seals.companies, library.companies, policy, (*path, "companies"))
    yield from library.missing_any(seals.lines, library.lines, policy, (*path, "lines"))
    known = known_types(library)
    if known is None:
        # Without a Governance any type may be; that of no seal is still a slip of the hand.
        known = frozenset(seal.value.spec.type for seal in library.seals.documents.values())
        if library.seals.refused or not library.whole:
            return
    for position, name in enumerate(seals.types):
        if name not in known:
            yield policy.mistake(
                (*path, "types", position),
                f"no seal type is called {name}",
                cure_of_type(name, known),
            )


def _permit_mistakes(
    library: Library, policy: _Policy, permit: PermitSpec, path: Path
) -> Iterator[Mistake]:
    for key, names, shelf in (
        ("systems", permit.systems, library.systems),
        ("roles", permit.roles, library.roles),
        ("companies", permit.companies, library.companies),
        ("posts", permit.posts, library.posts),
    ):
        yield from library.missing_any(names, shelf, policy, (*path, key))
    yield from powerless_roles(library, policy, permit.roles, "seal.use", (*path, "roles"))
    for position, name in enumerate(permit.posts):
        post = library.posts.spec(name)
        powers = set() if post is None else powers_of_roles(library, post.spec.roles)
        if powers and not may(powers, "seal.use"):
            yield policy.mistake(
                (*path, "posts", position),
                f"the post {name} is {' and '.join(sorted(powers))}, and uses no seal",
                "permit a post whose roles have the power seal-user",
            )


def powerless_roles(
    library: Library, policy: _Policy, roles: tuple[str, ...], action: Action, path: Path
) -> Iterator[Mistake]:
    """Roles whose power does not go as far as the rule: no holder could ever do it."""
    what = "uses no seal" if action == "seal.use" else "approves nothing"
    for position, name in enumerate(roles):
        role = library.roles.spec(name)
        if role is not None and not may([role.spec.power], action):
            yield policy.mistake(
                (*path, position),
                f"the role {name} has the power {role.spec.power}, which {what}",
                "name a role with the power seal-user",
            )


def _stamp_mistakes(
    library: Library, policy: _Policy, permit: PermitSpec, path: Path, covered: tuple[str, ...]
) -> Iterator[Mistake]:
    if permit.placement is None or not is_visible(permit.placement):
        return
    for name in covered:
        seal = library.seals.spec(name)
        if seal is not None and seal.spec.stamp is None:
            yield policy.mistake(
                (*path, "placement"),
                f"the seal {name} has no stamp that could be placed",
                "add `stamp:` to the seal, or write placement: {invisible: true}",
            )
