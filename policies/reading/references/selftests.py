"""What the tests of policies name."""

from collections.abc import Iterator

from policies.intake import PREFIX, RULES
from policies.kinds.policy import SealPolicyKind, tests_of
from policies.reading.library import AnyShelf, Library
from policies.reasons import OF_TESTS
from strictyaml import Loaded, Mistake


def selftest_mistakes(library: Library) -> Iterator[Mistake]:
    """Tests about things that do not exist, and rules that are none."""
    for policy in library.policies.documents.values():
        yield from _mistakes(library, policy)


def _mistakes(library: Library, policy: Loaded[SealPolicyKind]) -> Iterator[Mistake]:
    for path, test in tests_of(policy.value):
        request = test.request
        here = (*path, "request")
        named: tuple[tuple[str, str | None, AnyShelf], ...] = (
            ("seal", request.seal, library.seals),
            ("documentType", request.document_type, library.document_types),
            ("system", request.system, library.systems),
            ("person", request.person, library.persons),
            ("company", request.company, library.companies),
        )
        for key, name, shelf in named:
            if name is not None:
                yield from library.missing(name, shelf, policy, (*here, key))
        roles, approved = request.roles or (), request.approved_by
        yield from library.missing_any(roles, library.roles, policy, (*here, "roles"))
        yield from library.missing_any(approved, library.persons, policy, (*here, "approvedBy"))
        if test.rule is not None and not _is_rule(library, policy.value, test.rule):
            ids = ", ".join(_rule_ids(policy.value))
            yield policy.mistake(
                (*path, "rule"),
                f"there is no rule `{test.rule}`",
                f"write one of {ids}, another policy's as policy/rule, or a built-in name: "
                + ", ".join((*sorted(OF_TESTS), f"{PREFIX}RULE")),
            )


def _is_rule(library: Library, policy: SealPolicyKind, rule: str) -> bool:
    if rule in OF_TESTS or rule in _rule_ids(policy):
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
