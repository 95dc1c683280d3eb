"""Whose signatures bring a bundle into force: the officers of a group, each with keys."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

import msgspec

from gateway.bundles.errors import BundleRefusedError
from gateway.bundles.keys import DeclaredAlgorithm, declared_algorithm, public_key
from gateway.bundles.manifest import TYP
from gateway.statements import (
    PublicKey,
    StatementInvalidError,
    StatementKeyError,
    open_general,
    plain_json,
)
from policies.bundle import Bundle
from policies.objects.people import Person

MOST_ROOT_BYTES = 1024 * 1024
"""Of the first officers' file."""

_NO_KEYS = "give every officer a key of their own, and name as many officers as must sign"


class _RootKey(
    msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True
):
    id: str
    algorithm: DeclaredAlgorithm
    public_key: bytes


class _RootOfficer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    keys: tuple[_RootKey, ...]


class _Root(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    group: str
    signatures: int
    officers: tuple[_RootOfficer, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """Who signs for a group.

    Attributes:
        group: the company on top.
        signatures: how many officers must have signed.
        officers: name → keys; no two of them share one.
    """

    group: str
    signatures: int
    officers: Mapping[str, tuple[PublicKey, ...]]

    @classmethod
    def of(cls, bundle: Bundle) -> Self:
        """The bundle's own officers.

        Raises:
            BundleRefusedError: it has no Governance, or its officers could never sign another.
        """
        governance = bundle.governance
        if governance is None:
            raise BundleRefusedError(
                "the bundle says nothing of officers", cure="add a `kind: Governance`"
            )
        persons = bundle.persons
        strangers = [name for name in governance.officers if name not in persons]
        if strangers:
            raise BundleRefusedError(
                f"the officer {strangers[0]!r} is no Person of the bundle",
                cure="correct Governance.officers, or add the `kind: Person`",
            )
        return cls._checked(
            group=governance.root,
            signatures=governance.signatures.bundle,
            officers={name: _keys_of(persons[name]) for name in governance.officers},
        )

    @classmethod
    def read(cls, root: bytes) -> Self:
        """The officers in a file that `written` gave.

        Raises:
            BundleRefusedError: it is no such file.
        """
        try:
            read = plain_json.decode(root, _Root, what="file of first officers")
        except StatementInvalidError as error:
            cure = "write it anew: sealgate policy root DIRECTORY -o FILE"
            raise BundleRefusedError(str(error), cure=cure) from None
        return cls._checked(
            group=read.group,
            signatures=read.signatures,
            officers={
                officer.name: tuple(public_key(key.id, key) for key in officer.keys)
                for officer in read.officers
            },
        )

    def written(self) -> bytes:
        """As a file, for `policies.root`: JSON, public keys in base64."""
        officers = [
            {
                "name": name,
                "keys": [
                    {"id": key.id, "algorithm": declared_algorithm(key), "publicKey": key.value}
                    for key in keys
                ],
            }
            for name, keys in sorted(self.officers.items())
        ]
        told = {"group": self.group, "signatures": self.signatures, "officers": officers}
        return msgspec.json.format(msgspec.json.encode(told), indent=2) + b"\n"

    def key_of(self, key_id: str) -> PublicKey | None:
        """The officer's key of that id."""
        return next((key for key in self._keys() if key.id == key_id), None)

    def signers(self, statement: str) -> frozenset[str]:
        """The officers who have signed this manifest; each counts once, with whatever keys.

        Raises:
            StatementInvalidError: it is no signed document.
        """
        _, key_ids = open_general(statement, typ=TYP, key_of=self.key_of)
        return frozenset(
            name for name, keys in self.officers.items() if any(key.id in key_ids for key in keys)
        )

    @classmethod
    def _checked(
        cls, *, group: str, signatures: int, officers: Mapping[str, tuple[PublicKey, ...]]
    ) -> Self:
        made = cls(group=group, signatures=signatures, officers=officers)
        keys = list(made._keys())
        if not _all_differ(key.id for key in keys) or not _all_differ(key.value for key in keys):
            # Else one person could sign for two.
            raise BundleRefusedError("two officers' keys are the same", cure=_NO_KEYS)
        able = sum(bool(each) for each in officers.values())
        if not 1 <= signatures <= able:
            raise BundleRefusedError(
                f"{signatures} officers must sign, and {able} have keys", cure=_NO_KEYS
            )
        for key in keys:
            try:
                key.verifies(bytes(64), b"")  # which only a key that can be read answers
            except StatementKeyError as error:
                raise BundleRefusedError(str(error), cure="correct the officer's key") from None
        return made

    def _keys(self) -> Iterable[PublicKey]:
        return (key for keys in self.officers.values() for key in keys)


def _keys_of(person: Person) -> tuple[PublicKey, ...]:
    return tuple(public_key(key.id, key) for key in person.keys)


def _all_differ(values: Iterable[object]) -> bool:
    listed = list(values)
    return len(set(listed)) == len(listed)
