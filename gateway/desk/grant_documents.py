"""The sealed PDF of a grant (授权书): it is there, unchanged, and sealed by the grantor."""

import hashlib
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from gateway.seals.registry import NamedFiles
from gateway.verification.model import FileJudgement, SealCertificate
from gateway.verification.verifier import Verifier
from policies.bundle import Bundle
from policies.objects.seals import SealGrant

OpenVerifier = Callable[[tuple[bytes, ...]], Verifier]
"""Makes a judge that believes these certificates (DER)."""

State = Literal["ok", "wrong", "unclear", "none"]

_WHOLE = frozenset({"entire-file", "entire-revision"})
_REPLACE = "put the grant's PDF there as the grantor has sealed it, or correct the grant"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantFinding:
    """What is found of one grant's PDF.

    Attributes:
        grant: its name.
        state: `wrong`: nobody should rely on the grant; `unclear`: nobody could tell; `none`: it
            names no PDF.
        path: where in the grant.
        message: what is found.
        cure: what to do.
    """

    grant: str
    state: State
    path: tuple[str, ...] = ("spec", "document", "file")
    message: str
    cure: str = ""


async def judged_grants(
    bundle: Bundle, *, files: NamedFiles, roots: Iterable[bytes], verifier: OpenVerifier
) -> AsyncIterator[GrantFinding]:
    """Judge each grant's PDF.

    The grantor's are the certificates of its seals in the bundle, which the officers have named, so
    they need no root; and those that name the company as their organisation and lead to a root.

    Args:
        bundle: whose grants.
        files: reads what the bundle names.
        roots: certificates that are believed without proof, DER.
        verifier: makes the judge.
    """
    known = tuple(roots)
    # Without any root it is only asked whether the signatures are those of this file.
    async with verifier(()) as unanchored:
        for grant in bundle.grants.values():
            read = _read(grant, files)
            if isinstance(read, GrantFinding):
                yield read
                continue
            wrong = _altered(grant, await unanchored.judge(read))
            if wrong is not None:
                yield wrong
                continue
            own = tuple(_seal_certificates(bundle, grant.grantor, files))
            trusted = (*known, *(each.public_bytes(Encoding.DER) for each in own))
            async with verifier(trusted) as judge:
                judgement = await judge.judge(read)
            company = bundle.companies.get(grant.grantor)
            title = grant.grantor if company is None else company.title
            prints = {each.fingerprint(SHA256()).hex() for each in own}
            yield _sealed_by(grant, judgement, title=title, prints=prints)


def _read(grant: SealGrant, files: NamedFiles) -> bytes | GrantFinding:
    """The PDF, if it is the one that is meant."""
    if grant.document is None:
        told = "names no sealed PDF, so nobody can see whether the grantor has given it"
        cure = "add `document: {file, sha256}` with the grant as the grantor has sealed it"
        return GrantFinding(grant=grant.name, state="none", path=("spec",), message=told, cure=cure)
    try:
        data = bytes(files(grant.document))
    except OSError as error:
        told = f"{grant.document} cannot be read: {error.strerror}"
        return GrantFinding(grant=grant.name, state="wrong", message=told, cure=_REPLACE)
    digest = hashlib.sha256(data).hexdigest()
    if digest != grant.document_digest:
        return GrantFinding(
            grant=grant.name,
            state="wrong",
            path=("spec", "document", "sha256"),
            message=f"{grant.document} is another file than is meant: its SHA-256 is {digest}",
            cure=_REPLACE,
        )
    return data


def _altered(grant: SealGrant, judgement: FileJudgement) -> GrantFinding | None:
    """What is wrong whoever has signed; None: nothing is."""
    if judgement.verdict != "not-valid":
        return None
    whys = [why for each in judgement.signatures if each.verdict == "not-valid" for why in each.why]
    told = f"a signature is not valid: {_why(whys)}" if whys else _why(judgement.why)
    return _found(grant, "wrong", told or "it has no signature", _REPLACE)


def _sealed_by(
    grant: SealGrant, judgement: FileJudgement, *, title: str, prints: set[str]
) -> GrantFinding:
    own = [each for each in judgement.signatures if _is_of(each.certificate, title, prints)]
    if any(each.verdict == "valid" and each.coverage in _WHOLE for each in own):
        return _found(grant, "ok", f"sealed by {title}")
    if own or not judgement.signatures:
        whys = (*judgement.why, *(why for each in own for why in each.why))
        told = f"whether {title} has sealed it is unclear: {_why(whys)}"
        cure = "name the root of the grantor's certificate with --trust, and check again"
        return _found(grant, "unclear", told, cure)
    signers = ", ".join(each.certificate.name for each in judgement.signatures if each.certificate)
    told = f"it is sealed by {signers or 'others'}, and not by the grantor {title}"
    return _found(grant, "wrong", told, _REPLACE)


def _found(grant: SealGrant, state: State, told: str, cure: str = "") -> GrantFinding:
    return GrantFinding(
        grant=grant.name, state=state, message=f"{grant.document}: {told}", cure=cure
    )


def _is_of(certificate: SealCertificate | None, title: str, prints: set[str]) -> bool:
    if certificate is None:
        return False
    if certificate.sha256 in prints:
        return True
    try:
        subject = x509.Name.from_rfc4514_string(certificate.subject)
    except ValueError:
        return False
    named = subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)
    return title in {each.value for each in named}


def _seal_certificates(
    bundle: Bundle, company: str, files: NamedFiles
) -> Iterator[x509.Certificate]:
    """Of the company's seals, each seal's own; a file that cannot be read is told elsewhere."""
    for seal in bundle.seals.values():
        if seal.company != company:
            continue
        try:
            yield x509.load_pem_x509_certificates(bytes(files(seal.certificate)))[0]
        except (OSError, ValueError):
            continue


def _why(sentences: Iterable[str]) -> str:
    return "; ".join(sentences)
