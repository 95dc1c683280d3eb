"""Whether a document is the one that an envelope's record tells of, signature by signature.

Every revision begins with the bytes of the one before, and its container signs all of it but the
gap in which it stands (ISO 32000-2 §12.8.1). What the added bytes change on the pages is another
question, which a gateway asks before it signs and `sealgate verify` answers.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from cloud_bridge.containers import ContainerError, Signer, UntrustedError, who_signed
from cloud_bridge.envelopes.model import EnvelopeState
from cloud_bridge.envelopes.statements import Revision
from cloud_bridge.model import Party, Value


class SignatureFound(Value, frozen=True):
    """A signature in a document, that is there and holds.

    Attributes:
        document: its name.
        entry: the place in the file of the statement that told of it.
        party: for whom it was made, by its id in the envelope.
        names: organisation and common name of its certificate.
        trusted: whether that led to one of the verifier's roots when it was signed.
    """

    document: str
    entry: int
    party: str
    names: tuple[str, ...]
    trusted: bool


@dataclass(frozen=True, slots=True)
class Signing:
    """One party's signature, as the record tells of it."""

    entry: int
    party: Party
    at: datetime


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """What does not agree; `entry` 0: it is not of one entry."""

    words: str
    entry: int = 0


def faults_of_document(state: EnvelopeState, name: str, content: bytes) -> Iterator[str]:
    """What in a document is not as the envelope's record has it; nobody's certificate is asked.

    Args:
        state: after the last entry.
        name: of the document in the terms.
        content: the document.
    """
    terms = next(each for each in state.terms.documents if each.name == name)
    if hashlib.sha256(content).hexdigest() != state.current[name]:
        yield f"{name} is not the document of the record's digest {state.current[name][:16]}…"
        return
    if hashlib.sha256(content[: terms.size]).hexdigest() != terms.digest:
        yield f"{name} does not begin with the document that was sent"
    start = terms.size
    for number, revision in enumerate(state.revisions[name], start=1):
        if hashlib.sha256(content[: revision.size]).hexdigest() != revision.digest:
            yield f"{name} does not begin with its signed revision {number}"
            return
        try:
            who_signed(revision.container, *_covered(content, start, revision))
        except ContainerError as error:
            yield f"signature {number} of {name}: {error}"
        start = revision.size


def judge_document(
    state: EnvelopeState,
    signings: Sequence[Signing],
    name: str,
    content: bytes,
    *,
    roots: Sequence[bytes],
) -> Iterator[DocumentFault | SignatureFound]:
    """What is found in a document as somebody has it.

    Args:
        state: after the last entry.
        signings: who signed, in order.
        name: of the document in the terms.
        content: the document.
        roots: certificates that say who an organisation is, DER.
    """
    terms = next((each for each in state.terms.documents if each.name == name), None)
    if terms is None:
        yield DocumentFault("the envelope has no document of that name")
        return
    digest, newest = hashlib.sha256(content).hexdigest(), state.current[name]
    if digest != newest:
        yield DocumentFault(f"it has digest {digest[:16]}…, the record tells of {newest[:16]}…")
        return
    if hashlib.sha256(content[: terms.size]).hexdigest() != terms.digest:
        yield DocumentFault("it does not begin with the document that was sent")
    start = terms.size
    for signing, revision in zip(signings, state.revisions[name], strict=True):
        yield from _judge_revision(content, start, signing, revision, roots)
        start = revision.size


def _judge_revision(
    content: bytes, start: int, signing: Signing, revision: Revision, roots: Sequence[bytes]
) -> Iterator[DocumentFault | SignatureFound]:
    party = signing.party
    if hashlib.sha256(content[: revision.size]).hexdigest() != revision.digest:
        words = f"it does not begin with what party {party.id} signed: something was changed since"
        yield DocumentFault(words, signing.entry)
        return
    try:
        signer = who_signed(revision.container, *_covered(content, start, revision))
    except ContainerError as error:
        yield DocumentFault(f"the signature of party {party.id}: {error}", signing.entry)
        return
    why_not = _why_untrusted(signer, roots, signing.at)
    yield SignatureFound(
        document=revision.document,
        entry=signing.entry,
        party=party.id,
        names=tuple(sorted(signer.names)),
        trusted=why_not is None,
    )
    if party.kind != "organisation":
        return  # the network vouches for persons, and its certificates for them are its own
    if party.name not in signer.names:
        words = f"party {party.id} is {party.name}, its certificate is of {_told(signer)}"
        yield DocumentFault(words, signing.entry)
    if why_not is not None:
        yield DocumentFault(f"the signature of party {party.id}: {why_not}", signing.entry)


def _covered(content: bytes, start: int, revision: Revision) -> tuple[bytes, bytes]:
    """All of the revision but the hexadecimal string that the container stands in.

    Raises:
        ContainerError: the container is not in the bytes that the revision added.
    """
    digits = revision.container.hex().encode()
    added = content[start : revision.size]
    at = max(added.find(digits), added.find(digits.upper()))
    end = added.find(b">", at)
    if at < 1 or added[at - 1 : at] != b"<" or added[at + len(digits) : end].strip(b"0"):
        raise ContainerError("its container is not in the document")
    return content[: start + at - 1], content[start + end + 1 : revision.size]


def _why_untrusted(signer: Signer, roots: Sequence[bytes], at: datetime) -> str | None:
    try:
        signer.lead_to(roots, at=at)
    except UntrustedError as error:
        return str(error)
    return None


def _told(signer: Signer) -> str:
    return ", ".join(sorted(signer.names)) or "no name"
