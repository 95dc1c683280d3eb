"""Names that lead elsewhere, and what must be one of its kind in the whole bundle."""

from collections.abc import Iterable, Iterator

from policies.bundle import ANY
from policies.conditions import Pattern
from policies.errors import ConditionError
from policies.intake import PREFIX, RULES
from policies.library import AnyShelf, Library
from policies.object_kinds import SystemKind
from policies.placement import is_visible
from policies.policy_kinds import PermitSpec, SealPolicyKind, tests_of
from strictyaml import Loaded, Mistake, Path, StrictModel

BUILT_IN_RULES = frozenset({"default", "seal", "document-type", "placement"})
"""Names of reasons that are no rule of a policy."""


def reference_mistakes(library: Library) -> Iterator[Mistake]:
    """Every loose end in the library."""
    yield from _company_mistakes(library)
    yield from _system_mistakes(library)
    yield from _pattern_mistakes(library)
    for seal in library.seals.documents.values():
        company = seal.value.spec.company
        yield from library.missing(company, library.companies, seal, ("spec", "company"))
    for policy in library.policies.documents.values():
        yield from _policy_mistakes(library, policy)


def _company_mistakes(library: Library) -> Iterator[Mistake]:
    for name, company in library.companies.documents.items():
        parent = company.value.spec.parent
        if parent is None:
            continue
        yield from library.missing(parent, library.companies, company, ("spec", "parent"))
        seen: list[str] = []
        above: str | None = parent
        while above is not None and above not in seen:
            seen.append(above)
            found = library.companies.spec(above)
            above = found.spec.parent if found else None
        if name in seen:
            circle = " → ".join([name, *seen[: seen.index(name) + 1]])
            yield company.mistake(
                ("spec", "parent"),
                f"the company would be its own parent: {circle}",
                "remove `parent:` from the one on top",
            )


def _system_mistakes(library: Library) -> Iterator[Mistake]:
    owners: dict[str, str] = {}
    for name, system in library.systems.documents.items():
        spec = system.value.spec
        yield from library.missing(spec.company, library.companies, system, ("spec", "company"))
        yield from _names(library, spec.roles, library.roles, system, ("spec", "roles"))
        for path, credential in _credentials(system.value):
            owner = owners.setdefault(credential, name)
            first = next(
                where for where, known in _credentials(system.value) if known == credential
            )
            if owner != name or first != path:
                yield system.mistake(
                    path,
                    f"the system {owner} has {credential} already",
                    "a credential stands for one system: give each its own",
                )


def _credentials(system: SystemKind) -> Iterator[tuple[Path, str]]:
    for position, key in enumerate(system.spec.keys):
        yield ("spec", "keys", position, "id"), f"the key id `{key.id}`"
    for position, certificate in enumerate(system.spec.certificates):
        path = ("spec", "certificates", position, "sha256")
        yield path, f"the certificate {certificate.sha256}"


def _pattern_mistakes(library: Library) -> Iterator[Mistake]:
    for document_type in library.document_types.documents.values():
        for name, attribute in document_type.value.spec.attributes.items():
            if attribute.pattern is None:
                continue
            try:
                Pattern(attribute.pattern)
            except ConditionError as error:
                yield document_type.mistake(
                    ("spec", "attributes", name, "pattern"),
                    f"not a regular expression of RE2: {error}",
                    "see the RE2 syntax; it has no look-around and no back references",
                )


def _policy_mistakes(library: Library, policy: Loaded[SealPolicyKind]) -> Iterator[Mistake]:
    spec = policy.value.spec
    seals = [] if ANY in spec.seals else spec.seals
    types = [] if ANY in spec.document_types else spec.document_types
    yield from _names(library, seals, library.seals, policy, ("spec", "seals"))
    yield from _names(library, types, library.document_types, policy, ("spec", "documentTypes"))
    for position, permit in enumerate(spec.permit):
        path: Path = ("spec", "permit", position)
        yield from _names(library, permit.systems, library.systems, policy, (*path, "systems"))
        yield from _names(library, permit.roles, library.roles, policy, (*path, "roles"))
        companies = (*path, "companies")
        yield from _names(library, permit.companies, library.companies, policy, companies)
        if permit.approvals is not None:
            roles = (*path, "approvals", "roles")
            yield from _names(library, permit.approvals.roles, library.roles, policy, roles)
        yield from _stamp_mistakes(library, policy, permit, path)
    for position, forbid in enumerate(spec.forbid):
        path = ("spec", "forbid", position)
        yield from _names(library, forbid.systems, library.systems, policy, (*path, "systems"))
        yield from _names(library, forbid.roles, library.roles, policy, (*path, "roles"))
    yield from _test_mistakes(library, policy)


def _stamp_mistakes(
    library: Library, policy: Loaded[SealPolicyKind], permit: PermitSpec, path: Path
) -> Iterator[Mistake]:
    if permit.placement is None or not is_visible(permit.placement):
        return
    for name in policy.value.spec.seals:
        seal = library.seals.spec(name)
        if seal is not None and seal.spec.stamp is None:
            yield policy.mistake(
                (*path, "placement"),
                f"the seal {name} has no stamp that could be placed",
                "add `stamp:` to the seal, or write placement: {invisible: true}",
            )


def _test_mistakes(library: Library, policy: Loaded[SealPolicyKind]) -> Iterator[Mistake]:
    for path, test in tests_of(policy.value):
        request = test.request
        here = (*path, "request")
        named: tuple[tuple[str, str | None, AnyShelf], ...] = (
            ("seal", request.seal, library.seals),
            ("documentType", request.document_type, library.document_types),
            ("system", request.system, library.systems),
            ("company", request.company, library.companies),
        )
        for key, name, shelf in named:
            if name is not None:
                yield from library.missing(name, shelf, policy, (*here, key))
        yield from _names(library, request.roles or (), library.roles, policy, (*here, "roles"))
        if test.rule is not None and not _is_rule(library, policy.value, test.rule):
            ids = ", ".join(_rule_ids(policy.value))
            yield policy.mistake(
                (*path, "rule"),
                f"there is no rule `{test.rule}`",
                f"write one of {ids}, another policy's as policy/rule, or a built-in name: "
                + ", ".join((*sorted(BUILT_IN_RULES), f"{PREFIX}RULE")),
            )


def _is_rule(library: Library, policy: SealPolicyKind, rule: str) -> bool:
    if rule in BUILT_IN_RULES or rule in _rule_ids(policy):
        return True
    if rule.startswith(PREFIX):
        return rule.removeprefix(PREFIX) in RULES
    name, _, rule_id = rule.partition("/")
    other = library.policies.spec(name)
    if other is None:
        return name in library.policies.refused or not library.whole
    return rule_id in _rule_ids(other)


def _rule_ids(policy: SealPolicyKind) -> list[str]:
    permits = [rule.id for rule in policy.spec.permit]
    return permits + [rule.id for rule in policy.spec.forbid]


def _names(
    library: Library,
    names: Iterable[str],
    shelf: AnyShelf,
    at: Loaded[StrictModel],
    path: Path,
) -> Iterator[Mistake]:
    for position, name in enumerate(names):
        yield from library.missing(name, shelf, at, (*path, position))
