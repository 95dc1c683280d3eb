"""The conditions of all policies against the document types that they are for."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from policies.conditions.linting import KnownAttribute, faults
from policies.kinds.policy import ForbidSpec, PermitSpec, SealPolicySpec
from policies.kinds.things import AttributeSpec, DocumentTypeSpec
from policies.objects.rules import ANY
from policies.reading.library import Library
from strictyaml import Mistake, Path


def condition_mistakes(library: Library) -> Iterator[Mistake]:
    """What speaks against any condition.

    Conditions of a policy are passed over while one of its document types has mistakes itself: what
    they may speak of is not known then.
    """
    for policy in library.policies.documents.values():
        known = _known_attributes(library, policy.value.spec)
        if known is None:
            continue
        # A forbid that has no answer forbids, so it may read what is not there, and means it.
        there = {name: replace(each, always=True) for name, each in known.items()}
        for path, condition in _conditions(policy.value.spec.permit, "permit"):
            for fault in faults(condition, known):
                yield policy.mistake(path, fault.message, fault.cure)
        for path, condition in _conditions(policy.value.spec.forbid, "forbid"):
            for fault in faults(condition, there):
                yield policy.mistake(path, fault.message, fault.cure)


def _conditions(rules: Sequence[PermitSpec | ForbidSpec], key: str) -> Iterator[tuple[Path, str]]:
    for position, rule in enumerate(rules):
        if rule.when is not None:
            yield ("spec", key, position, "when"), rule.when


def _known_attributes(library: Library, policy: SealPolicySpec) -> dict[str, KnownAttribute] | None:
    everything = ANY in policy.document_types
    names = list(library.document_types.documents) if everything else policy.document_types
    found = [library.document_types.spec(name) for name in names]
    types = [document.spec for document in found if document is not None]
    unknown = everything and (library.document_types.refused or not library.whole)
    if unknown or len(types) < len(found):
        return None
    attributes = {name for document_type in types for name in document_type.attributes}
    return {name: _known(name, types) for name in sorted(attributes)}


def _known(name: str, types: Sequence[DocumentTypeSpec]) -> KnownAttribute:
    specs: list[AttributeSpec | None] = [each.attributes.get(name) for each in types]
    kinds = {spec.type for spec in specs if spec is not None}
    return KnownAttribute(
        type=kinds.pop() if len(kinds) == 1 else None,
        always=all(spec is not None and spec.required for spec in specs),
    )
