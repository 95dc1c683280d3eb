"""授权书: what is granted belongs to who grants it, and never more is handed on than was had."""

from collections.abc import Iterator

from policies.kinds.grants import SealGrantKind, SealGrantSpec
from policies.reading.library import AnyShelf, Library
from strictyaml import Loaded, Mistake


def grant_mistakes(library: Library) -> Iterator[Mistake]:
    """Loose ends of grants, and grants that reach further than what they rest on."""
    for name, grant in library.grants.documents.items():
        yield from _names(library, grant)
        yield from _amount_mistakes(library, grant)
        under = grant.value.spec.under
        if under is None:
            yield from _not_the_grantors(library, grant)
            continue
        yield from library.missing(under, library.grants, grant, ("spec", "under"))
        above = _above(library, name)
        if name in above:
            circle = " → ".join([name, *above[: above.index(name) + 1]])
            yield grant.mistake(
                ("spec", "under"),
                f"the grant would hang below itself: {circle}",
                "remove `under:` from the one on top",
            )
        elif (parent := library.grants.spec(under)) is not None:
            yield from _beyond(grant, under, parent.spec)


def _names(library: Library, grant: Loaded[SealGrantKind]) -> Iterator[Mistake]:
    spec = grant.value.spec
    yield from library.missing(spec.grantor, library.companies, grant, ("spec", "grantor"))
    shelves: dict[str, AnyShelf] = {
        "company": library.companies,
        "system": library.systems,
        "post": library.posts,
    }
    for kind, name in spec.grantee.said:
        yield from library.missing(name, shelves[kind], grant, ("spec", "grantee", kind))
    yield from library.missing_any(spec.seals, library.seals, grant, ("spec", "seals"))
    types = ("spec", "documentTypes")
    yield from library.missing_any(spec.document_types, library.document_types, grant, types)


def _amount_mistakes(library: Library, grant: Loaded[SealGrantKind]) -> Iterator[Mistake]:
    amount = grant.value.spec.amount
    if amount is None:
        return
    for name in grant.value.spec.document_types:
        document_type = library.document_types.spec(name)
        if document_type is None:
            continue
        attribute = document_type.spec.attributes.get(amount.attribute)
        if attribute is None or attribute.type != "integer":
            yield grant.mistake(
                ("spec", "amount", "attribute"),
                f"the document type {name} has no attribute `{amount.attribute}` "
                "that is an integer, so nobody could tell whether the grant covers it",
                "name an integer that every document type of the grant has",
            )
        elif attribute.minimum is None or attribute.minimum < 0:
            yield grant.mistake(
                ("spec", "amount", "attribute"),
                f"the attribute `{amount.attribute}` of the document type {name} may be negative, "
                "and then is below every cap",
                f"write `minimum: 0` there, at `{amount.attribute}`",
            )


def _not_the_grantors(library: Library, grant: Loaded[SealGrantKind]) -> Iterator[Mistake]:
    grantor = grant.value.spec.grantor
    for position, name in enumerate(grant.value.spec.seals):
        seal = library.seals.spec(name)
        if seal is not None and seal.spec.company != grantor:
            yield grant.mistake(
                ("spec", "seals", position),
                f"{grantor} cannot grant the seal {name}, which is of {seal.spec.company}",
                f"have {seal.spec.company} grant it, or name the grant it rests on by `under:`",
            )


def _above(library: Library, name: str) -> list[str]:
    """The grants that it hangs below; a circle is gone round once."""
    found: list[str] = []
    grant = library.grants.spec(name)
    while grant is not None and grant.spec.under is not None and grant.spec.under not in found:
        found.append(grant.spec.under)
        grant = library.grants.spec(grant.spec.under)
    return found


def _beyond(grant: Loaded[SealGrantKind], under: str, parent: SealGrantSpec) -> Iterator[Mistake]:
    spec = grant.value.spec
    if parent.grantee.company != spec.grantor:
        grantee = " ".join(parent.grantee.said[0])
        yield grant.mistake(
            ("spec", "grantor"),
            f"{under} was given to the {grantee}, so {spec.grantor} cannot hand it on",
            "name the company that was given it as the grantor",
        )
    if spec.sub_delegation >= parent.sub_delegation:
        allowed = parent.sub_delegation
        yield grant.mistake(
            ("spec", "under"),
            f"{under} has subDelegation {allowed}, and this grant {spec.sub_delegation}: "
            "it must be less with every step",
            f"write at most {allowed - 1} here" if allowed else "have the grantor grant it itself",
        )
    for key, given, had in (
        ("seals", spec.seals, parent.seals),
        ("documentTypes", spec.document_types, parent.document_types),
    ):
        for position, name in enumerate(given):
            if name not in had:
                yield grant.mistake(
                    ("spec", key, position),
                    f"{under} does not cover `{name}`",
                    f"remove it, or add it there; it covers {', '.join(had)}",
                )
    yield from _longer_or_more(grant, under, parent)


def _longer_or_more(
    grant: Loaded[SealGrantKind], under: str, parent: SealGrantSpec
) -> Iterator[Mistake]:
    spec = grant.value.spec
    if spec.valid_from < parent.valid_from:
        message = f"{under} is valid from {parent.valid_from} only"
        yield grant.mistake(("spec", "validFrom"), message, "begin on that day, or later")
    if spec.valid_until > parent.valid_until:
        message = f"{under} is valid until {parent.valid_until} only"
        yield grant.mistake(("spec", "validUntil"), message, "end on that day, or before")
    if parent.amount is None:
        return
    had = parent.amount
    within = spec.amount is not None and (
        spec.amount.attribute == had.attribute and spec.amount.maximum <= had.maximum
    )
    if not within:
        yield grant.mistake(
            ("spec", "amount"),
            f"{under} goes up to {had.attribute} {had.maximum}, and this grant further",
            f"write amount: {{attribute: {had.attribute}, maximum: …}} of at most {had.maximum}",
        )
