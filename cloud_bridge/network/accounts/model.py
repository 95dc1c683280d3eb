"""Accounts as the network keeps them, and what its API gives of them besides `wire`."""

from dataclasses import dataclass

from cloud_bridge.model import Organisation, Value


@dataclass(frozen=True, slots=True)
class Account:
    """An organisation, and how its requests are recognised.

    Attributes:
        organisation: as others see it.
        signing_key: Ed25519, raw, base64url: signs requests.
        certificates: SHA-256 of its client certificates, hex.
    """

    organisation: Organisation
    signing_key: str
    certificates: frozenset[str]


class Organisations(Value, frozen=True):
    """Out: organisations of a name."""

    organisations: tuple[Organisation, ...]
