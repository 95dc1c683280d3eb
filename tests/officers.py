"""Three officers with keys, policies that name them, and what they sign to freeze and unfreeze."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from gateway.freezes.model import (
    FREEZE_TYPE,
    UNFREEZE_TYPE,
    FreezeClaims,
    Scope,
    ScopeKind,
    UnfreezeClaims,
)
from gateway.seals.in_force import InForce
from gateway.statements import LocalSigner, compact
from policies.objects.group import Governance, Signatures
from policies.objects.people import Person, PersonKey
from tests.statement_keys import LI, WANG, ZHAO

OFFICERS = {"li-na": LI, "wang-qiang": WANG, "zhao-min": ZHAO}
SIGNED_AT = datetime(2026, 11, 22, 1, 59, tzinfo=UTC)
FREEZE_ID = "6f1c0c9e-7d7b-4c52-9a3e-0d1f5a2b3c4d"


def with_officers(
    in_force: InForce, *, officers: Sequence[str] = tuple(OFFICERS), freeze: int = 1
) -> InForce:
    """What is in force, with a Governance that names these; all three are persons in it."""
    governance = Governance(
        name="group",
        root="east",
        officers=tuple(officers),
        signatures=Signatures(bundle=2, freeze=freeze, unfreeze=2),
    )
    persons = {name: _person(name, signer) for name, signer in OFFICERS.items()}
    return replace(
        in_force, bundle=replace(in_force.bundle, governance=governance, persons=persons)
    )


def _person(name: str, signer: LocalSigner) -> Person:
    public = signer.public_key
    algorithm = "ed25519" if public.algorithm == "EdDSA" else "ecdsa-p256-sha256"
    key = PersonKey(id=public.id, algorithm=algorithm, public_key=public.value)
    return Person(name=name, title=name, company="east", keys=(key,))


def new_freeze_id() -> str:
    """A fresh id."""
    return str(uuid.uuid4())


def freeze(
    kind: ScopeKind,
    name: str = "",
    *,
    freeze_id: str = FREEZE_ID,
    reason: str = "the key may be lost",
    log: str = "test.example/audit",
) -> FreezeClaims:
    """What is signed to freeze something."""
    scope = Scope(kind=kind, name=name)
    return FreezeClaims(
        v=1, log=log, freeze=freeze_id, scope=scope, reason=reason, at=SIGNED_AT, salt="0f" * 16
    )


def signed(claims: FreezeClaims | UnfreezeClaims, *by: LocalSigner) -> tuple[str, ...]:
    """A statement by each of these."""
    typ = FREEZE_TYPE if isinstance(claims, FreezeClaims) else UNFREEZE_TYPE
    return tuple(compact(claims, typ=typ, signer=signer) for signer in by)


def unfreeze(
    *by: LocalSigner, freeze_id: str = FREEZE_ID, log: str = "test.example/audit"
) -> tuple[str, ...]:
    """A statement by each of these that the freeze may end."""
    claims = UnfreezeClaims(
        v=1, log=log, freeze=freeze_id, reason="the key was found", at=SIGNED_AT
    )
    return signed(claims, *by)
