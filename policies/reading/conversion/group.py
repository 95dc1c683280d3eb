"""How the group rules itself, its companies and business lines."""

from policies.kinds.group import BusinessLineKind, CompanyKind, GovernanceKind
from policies.objects.group import BusinessLine, Company, Governance, RetiredNames, Signatures


def governance(name: str, kind: GovernanceKind) -> Governance:
    """Of `kind: Governance`."""
    spec = kind.spec
    return Governance(
        name=name,
        root=spec.root,
        officers=spec.officers,
        signatures=Signatures(
            bundle=spec.signatures.bundle,
            freeze=spec.signatures.freeze,
            unfreeze=spec.signatures.unfreeze,
        ),
        automatic_sealing=spec.automatic_sealing,
        further_seal_types=spec.further_seal_types,
        retired_names=RetiredNames(
            seals=spec.retired_names.seals, grants=spec.retired_names.grants
        ),
    )


def company(name: str, kind: CompanyKind) -> Company:
    """Of `kind: Company`."""
    spec = kind.spec
    return Company(name=name, title=spec.title, parent=spec.parent, folder=spec.folder)


def business_line(name: str, kind: BusinessLineKind) -> BusinessLine:
    """Of `kind: BusinessLine`."""
    return BusinessLine(name=name, title=kind.spec.title)
