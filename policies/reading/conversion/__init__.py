"""Documents without mistakes into the frozen values of a bundle."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

import msgspec

from policies.bundle import Bundle
from policies.kinds.policy import SealPolicyKind
from policies.objects.named import Named
from policies.objects.rules import ANY, SealPolicy
from policies.reading.ancestry import Ancestry
from policies.reading.conversion.grants import approval_source, grant
from policies.reading.conversion.group import business_line, company, governance
from policies.reading.conversion.people import person, post, role
from policies.reading.conversion.rules import policy
from policies.reading.conversion.things import document_type, seal, system, template
from policies.reading.covered import covered_seals
from policies.reading.folders import companies_by_folder, manager_of
from policies.reading.imagining import Imagination
from policies.reading.library import KindT, Library, Shelf
from policies.reading.references.files import named_files

__all__ = ["bundle_of"]

ValueT = TypeVar("ValueT", bound=Named)


def bundle_of(library: Library, digest: str) -> Bundle:
    """The bundle. The library MUST have no mistakes."""
    folders = companies_by_folder(library)

    def mapping(
        shelf: Shelf[KindT], convert: Callable[[str, KindT], ValueT]
    ) -> Mapping[str, ValueT]:
        values: dict[str, ValueT] = {}
        for name, loaded in sorted(shelf.documents.items()):
            values[name] = msgspec.structs.replace(
                convert(name, loaded.value), managed_by=manager_of(loaded, folders)
            )
        return MappingProxyType(values)

    without_policies = Bundle(
        governance=next(iter(mapping(library.governance, governance).values()), None),
        companies=mapping(library.companies, company),
        lines=mapping(library.lines, business_line),
        roles=mapping(library.roles, role),
        posts=mapping(library.posts, post),
        persons=mapping(library.persons, person),
        systems=mapping(library.systems, system),
        document_types=mapping(library.document_types, document_type),
        templates=mapping(library.templates, template),
        seals=mapping(library.seals, seal),
        grants=mapping(library.grants, grant),
        approval_sources=mapping(library.approval_sources, approval_source),
        policies=MappingProxyType({}),
        digest=digest,
        files=_files(library),
    )
    policies = mapping(library.policies, _policies(library, without_policies))
    return replace(without_policies, policies=policies)


def _policies(library: Library, bundle: Bundle) -> Callable[[str, SealPolicyKind], SealPolicy]:
    imagination = Imagination(bundle)
    ancestry = Ancestry.of(library)
    # Sorted once: there may be thousands of seals, and as many policies for all of them.
    every_seal = covered_seals(library, ancestry, (ANY,))

    def convert(name: str, kind: SealPolicyKind) -> SealPolicy:
        written, of_types = kind.spec.seals, kind.spec.document_types
        covered = every_seal
        if not isinstance(written, tuple) or ANY not in written:
            covered = covered_seals(library, ancestry, written)
        tests = imagination.tests(
            name,
            kind,
            seal=next(iter(covered), ANY),
            document_type=next(iter(bundle.document_types), ANY)
            if ANY in of_types
            else of_types[0],
        )
        return policy(name, kind, tuple(tests))

    return convert


def _files(library: Library) -> Mapping[str, str]:
    if library.files is None:
        return MappingProxyType({})
    named = sorted({file for _, _, file in named_files(library)})
    return MappingProxyType({file: library.files[file] for file in named})
