"""What a company may hand in by itself: its own things, and no more reach than the group gave it.

Objects in a company's folder (`policies.reading.folders`) are for the company and those below it.
What decides about others, such as companies, officers and the group's roles, is the group's.
"""

from collections.abc import Iterable, Iterator

from policies.intake import RULES
from policies.kinds.grants import ApprovalSourceKind, SealGrantKind
from policies.kinds.group import BusinessLineKind, CompanyKind, GovernanceKind
from policies.kinds.people import PersonKind, PostKind, RoleKind
from policies.kinds.policy import SealPolicyKind, SealScopeSpec
from policies.kinds.templates import TemplateKind
from policies.kinds.things import Kind, SealKind, SystemKind
from policies.reading.ancestry import Ancestry
from policies.reading.covered import covered_seals
from policies.reading.folders import companies_by_folder, owner_of
from policies.reading.library import AnyShelf, Library
from policies.reading.references.files import named_files
from policies.reading.references.people import powers_of_person
from strictyaml import Loaded, Mistake, Path

_MOVE = "have the group's officers write it, in a file outside every company's folder"


def ownership_mistakes(library: Library, ancestry: Ancestry) -> Iterator[Mistake]:
    """Objects in a company's folder that reach beyond the company."""
    companies = companies_by_folder(library)
    if not companies:
        return
    for shelf in library.shelves:
        for loaded in shelf.loaded():
            owner = owner_of(loaded.tree.file, companies)
            if owner is not None:
                yield from _Hand(library, ancestry, companies, owner).mistakes(loaded)
    yield from _far_files(library, companies)
    yield from _loosened_types(library, companies)
    yield from _officers(library, companies)


class _Hand:
    """One company's."""

    def __init__(
        self, library: Library, ancestry: Ancestry, companies: dict[str, str], owner: str
    ) -> None:
        self._library = library
        self._ancestry = ancestry
        self._companies = companies
        self._owner = owner

    def mistakes(self, loaded: Loaded[Kind]) -> Iterator[Mistake]:
        """What speaks against one object in the company's folder."""
        match loaded.value:
            case GovernanceKind() | CompanyKind() | BusinessLineKind() | ApprovalSourceKind():
                yield loaded.mistake(("kind",), "objects of this kind are the group's", _MOVE)
            case RoleKind(spec=role):
                if role.power != "seal-user":
                    path: Path = ("spec", "power")
                    yield loaded.mistake(
                        path, f"only the group gives the power {role.power}", _MOVE
                    )
            case SystemKind(spec=spec) | PostKind(spec=spec):
                yield from self._other_company(spec.company, loaded, ("spec", "company"))
                yield from self._not_own(spec.roles, self._library.roles, loaded, ("spec", "roles"))
            case PersonKind() as person:
                yield from self._person(person, loaded)
            case SealKind(spec=seal):
                yield from self._other_company(seal.company, loaded, ("spec", "company"))
            case SealGrantKind(spec=grant):
                yield from self._other_company(grant.grantor, loaded, ("spec", "grantor"))
            case TemplateKind(spec=template):
                named, types = [template.document_type], self._library.document_types
                yield from self._not_own(named, types, loaded, ("spec", "documentType"))
            case SealPolicyKind(spec=policy):
                yield from self._seals(policy.seals, loaded)
            case _:
                pass

    def _other_company(self, company: str, loaded: Loaded[Kind], path: Path) -> Iterator[Mistake]:
        known = company in self._library.companies.names()
        if known and not self._ancestry.is_within(company, self._owner):
            yield loaded.mistake(
                path,
                f"{company} is not {self._owner}, in whose folder this lies, nor below it",
                f"name {self._owner} or a company below it, or {_MOVE}",
            )

    def _not_own(
        self, names: Iterable[str], shelf: AnyShelf, loaded: Loaded[Kind], path: Path
    ) -> Iterator[Mistake]:
        for position, name in enumerate(names):
            found = shelf.find(name)
            if found is not None and not self._is_own(found):
                here = path if isinstance(loaded.value, TemplateKind) else (*path, position)
                yield loaded.mistake(
                    here,
                    f"the {shelf.word} {name} is not {self._owner}'s own, so what goes with it is "
                    "not for this folder to say",
                    _MOVE,
                )

    def _is_own(self, loaded: Loaded[Kind]) -> bool:
        owner = owner_of(loaded.tree.file, self._companies)
        return owner is not None and self._ancestry.is_within(owner, self._owner)

    def _person(self, person: PersonKind, loaded: Loaded[Kind]) -> Iterator[Mistake]:
        yield from self._other_company(person.spec.company, loaded, ("spec", "company"))
        for position, holding in enumerate(person.spec.posts):
            post = self._library.posts.spec(holding.post)
            if post is not None:
                path: Path = ("spec", "posts", position, "post")
                yield from self._other_company(post.spec.company, loaded, path)
        powers = powers_of_person(self._library, person) or set()
        if powers - {"seal-user"}:
            told = " and ".join(sorted(powers - {"seal-user"}))
            yield loaded.mistake(("spec", "posts"), f"only the group gives the power {told}", _MOVE)

    def _seals(
        self, written: SealScopeSpec | tuple[str, ...], loaded: Loaded[Kind]
    ) -> Iterator[Mistake]:
        for name in covered_seals(self._library, self._ancestry, written):
            found = self._library.seals.documents.get(name)
            if found is not None and not self._is_own(found):
                yield loaded.mistake(
                    ("spec", "seals"),
                    f"the policy speaks of the seal {name}, which is not {self._owner}'s own",
                    f"name seals that lie in the folder of {self._owner}, or {_MOVE}",
                )
                return


def _far_files(library: Library, companies: dict[str, str]) -> Iterator[Mistake]:
    for loaded, path, file in named_files(library):
        owner = owner_of(loaded.tree.file, companies)
        if owner is not None and owner_of(file, companies) != owner:
            yield loaded.mistake(
                path,
                f"the file {file} does not lie in the folder of {owner}",
                f"put it below that folder, or {_MOVE}",
            )


def _loosened_types(library: Library, companies: dict[str, str]) -> Iterator[Mistake]:
    """Document types in a company's folder that accept what is refused for good reason."""
    for loaded in library.document_types.documents.values():
        if owner_of(loaded.tree.file, companies) is None:
            continue
        for position, rule in enumerate(loaded.value.spec.intake.accept):
            if RULES[rule].default == "refuse":
                yield loaded.mistake(
                    ("spec", "intake", "accept", position),
                    f"only the group accepts what `{rule}` finds",
                    _MOVE,
                )


def _officers(library: Library, companies: dict[str, str]) -> Iterator[Mistake]:
    """Officers whose keys a company could exchange."""
    for governance in library.governance.documents.values():
        for position, name in enumerate(governance.value.spec.officers):
            person = library.persons.documents.get(name)
            owner = None if person is None else owner_of(person.tree.file, companies)
            if owner is not None:
                yield governance.mistake(
                    ("spec", "officers", position),
                    f"the officer {name} is written in the folder of {owner}, which could exchange "
                    "the key",
                    "move the person to a file of the group's",
                )
