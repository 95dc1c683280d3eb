"""Those who must approve: whether they may, and whether there are enough of them."""

from collections import defaultdict
from collections.abc import Iterator

from policies.kinds.policy import PermitSpec, SealPolicyKind
from policies.powers import may
from policies.reading.library import Library
from policies.reading.references.people import powers_of_person, roles_of_person
from strictyaml import Loaded, Mistake, Path


class Approvers:
    """Who could approve what, gathered once."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._holders: dict[str, set[str]] = defaultdict(set)
        self._named = False
        for name, person in library.persons.documents.items():
            self._named |= may(powers_of_person(library, person.value) or (), "approval.decide")
            for role in roles_of_person(library, person.value):
                self._holders[role].add(name)
        # Nobody here knows how many people approve in an OA system.
        self._endless = {
            source.value.spec.role for source in library.approval_sources.documents.values()
        }

    def mistakes(
        self, policy: Loaded[SealPolicyKind], permit: PermitSpec, path: Path
    ) -> Iterator[Mistake]:
        """Of one permit."""
        if permit.approvals is None:
            return
        wanted: list[tuple[int, tuple[str, ...], Path]] = []
        for position, stage in enumerate(permit.approvals.in_stages):
            in_list = permit.approvals.stages is not None
            here = (*path, "approvals", *(("stages", position) if in_list else ()))
            wanted.append((stage.count, stage.roles, here))
            yield from self._role_mistakes(policy, stage.roles, (*here, "roles"))
        yield from self._too_few(policy, wanted, (*path, "approvals"))

    def _role_mistakes(
        self, policy: Loaded[SealPolicyKind], roles: tuple[str, ...], path: Path
    ) -> Iterator[Mistake]:
        yield from self._library.missing_any(roles, self._library.roles, policy, path)
        for position, name in enumerate(roles):
            role = self._library.roles.spec(name)
            if role is not None and not may([role.spec.power], "approval.decide"):
                yield policy.mistake(
                    (*path, position),
                    f"the role {name} has the power {role.spec.power}, which approves nothing",
                    "name a role with the power seal-user",
                )

    def _too_few(
        self,
        policy: Loaded[SealPolicyKind],
        wanted: list[tuple[int, tuple[str, ...], Path]],
        path: Path,
    ) -> Iterator[Mistake]:
        short = [stage for stage in wanted if self._is_short(stage[0], stage[1])]
        everybody = tuple(sorted({role for _, roles, _ in wanted for role in roles}))
        together = sum(count for count, _, _ in wanted)
        # Nobody counts twice, in whatever stage.
        if not short and self._is_short(together, everybody):
            short = [(together, everybody, path)]
        for count, roles, here in short:
            there = self._who(roles)
            told = f": {', '.join(sorted(there))}" if there else ""
            yield policy.mistake(
                here,
                f"{count} must approve, and {len(there)} could ever hold {' or '.join(roles)}"
                + told,
                "ask for fewer approvals, or give more people a post with such a role",
            )

    def _is_short(self, count: int, roles: tuple[str, ...]) -> bool:
        # As long as no one who could approve is named, approvers are not known by name at all.
        counted = self._named and self._library.whole
        unknown = (
            self._endless.intersection(roles)
            or self._library.roles.refused.intersection(roles)
            or self._library.persons.refused
            or self._library.posts.refused
        )
        return counted and not unknown and len(self._who(roles)) < count

    def _who(self, roles: tuple[str, ...]) -> set[str]:
        return {name for role in roles for name in self._holders[role]}
