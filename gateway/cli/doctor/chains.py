"""The certificates above a seal's own: there, each issued by the next, and valid."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from gateway.cli.doctor.model import Finding, failed, ok, warning

_SOON: Final = timedelta(days=30)
_CURE: Final = (
    "Take the chain from the CA, and write it below the seal's own certificate: its issuer first, "
    "then upwards."
)


def check_seal_chain(
    seal: str, chain: Sequence[x509.Certificate], *, now: datetime
) -> Iterator[Finding]:
    """What a partner's reader would stumble over.

    Args:
        seal: its name.
        chain: as the file of its certificate has it, its own first.
        now: the moment, aware.
    """
    part = f"chain {seal}"
    found = [*_broken(part, chain), *_validity(part, chain[1:], now=now)]
    own, last = chain[0], chain[-1]
    if not found and len(chain) == 1 and own.issuer != own.subject:
        told = (
            f"the file has the seal's own certificate alone, without {_name(own.issuer)}, which "
            "issued it: whoever does not have that cannot check the seal"
        )
        found.append(warning(part, told, cure=_CURE, owner="officer"))
    ends = "a root" if last.issuer == last.subject else f"below {_name(last.issuer)}"
    yield from found or [ok(part, f"{len(chain)} certificates, {ends}")]


def _broken(part: str, chain: Sequence[x509.Certificate]) -> Iterator[Finding]:
    for issued, issuer in pairwise(chain):
        try:
            issued.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            told = f"{_name(issued.subject)} was not issued by {_name(issuer.subject)} of the file"
            yield failed(part, told, cure=_CURE, owner="officer")


def _validity(part: str, above: Sequence[x509.Certificate], *, now: datetime) -> Iterator[Finding]:
    """Of those above the seal's own, of which the line about the seal speaks."""
    renew = "Take the CA's new certificate, and have the seal's own renewed by it."
    for each in above:
        until = each.not_valid_after_utc
        if now > until:
            told = f"{_name(each.subject)} expired on {until:%Y-%m-%d}"
            yield failed(part, told, cure=renew, owner="officer")
        elif now > until - _SOON:
            told = f"{_name(each.subject)} expires on {until:%Y-%m-%d}"
            yield warning(part, told, cure=renew, owner="officer")


def _name(name: x509.Name) -> str:
    return name.rfc4514_string() or "a CA without a name"
