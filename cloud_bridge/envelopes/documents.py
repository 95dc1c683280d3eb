"""Whether a document is the one that an envelope's record tells of, signature by signature.

Every revision begins with the bytes of the one before, and its container signs all of it but the
gap in which it stands (ISO 32000-2 §12.8.1). What the added bytes change on the pages is another
question, which a gateway asks before it signs and `sealgate verify` answers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from cloud_bridge.containers import (
    ContainerError,
    RootMissingError,
    Signer,
    UntrustedError,
    covered,
    who_signed,
)
from cloud_bridge.envelopes.model import EnvelopeState
from cloud_bridge.model import DocumentTerms, Party, Value


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
    """What does not agree.

    Attributes:
        words: what, and what it means.
        entry: the place in the file; 0: it is not of one entry.
        lacks_root: nothing speaks against it but that no root vouches for who signed.
    """

    words: str
    entry: int = 0
    lacks_root: bool = False


def name_in_terms(state: EnvelopeState, name: str, content: bytes) -> str:
    """What the terms call a file; by its digest where its own name is none of theirs.

    The file's own name: the envelope knows neither that nor the digest.
    """
    if name in state.current:
        return name
    digest = sha256(content).hexdigest()
    for each in state.terms.documents:
        revisions = state.revisions[each.name]
        if digest in {each.digest, *(revision.digest for revision in revisions)}:
            return each.name
    return name


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
    if name not in state.current:
        yield DocumentFault("the envelope has no document of that name, and none with its digest")
        return
    for found in _walk(state, name, content):
        match found:
            case str():
                yield DocumentFault(found)
            case number, str() as words:
                signing = signings[number]
                yield DocumentFault(f"party {signing.party.id}: {words}", signing.entry)
            case number, Signer() as signer:
                yield from _judge_signer(name, signings[number], signer, roots)


def _walk(
    state: EnvelopeState, name: str, content: bytes
) -> Iterator[str | tuple[int, str | Signer]]:
    """From the document that was sent to the newest: faults, and who made each signature."""
    sent = next(each for each in state.terms.documents if each.name == name)
    digest, newest = sha256(content).hexdigest(), state.current[name]
    if digest != newest:
        yield _why_other(state, sent, digest)
        return
    reading, start = sha256(content[: sent.size]), sent.size
    if reading.hexdigest() != sent.digest:
        yield "it does not begin with the document that was sent"
    for number, revision in enumerate(state.revisions[name]):
        reading.update(content[start : revision.size])
        if reading.hexdigest() != revision.digest:
            yield number, "it does not begin with what was signed: something was changed since"
            return
        try:
            parts = covered(content, start, revision.size, container=revision.container)
            yield number, who_signed(revision.container, *parts)
        except ContainerError as error:
            yield number, str(error)
        start = revision.size


def _why_other(state: EnvelopeState, sent: DocumentTerms, digest: str) -> str:
    """What a file is that is not the newest revision."""
    digests = [each.digest for each in state.revisions[sent.name]]
    fetch = "`sealgate envelope document` fetches the signed one"
    if digest == sent.digest:
        return f"this is the document as it was sent, before any signature; {fetch}"
    if digest in digests:
        have, all_ = digests.index(digest) + 1, len(digests)
        return f"this is the document after signature {have} of {all_}; {fetch}"
    newest = state.current[sent.name]
    return f"it has digest {digest[:16]}…, the record tells of {newest[:16]}…"


def _judge_signer(
    document: str, signing: Signing, signer: Signer, roots: Sequence[bytes]
) -> Iterator[DocumentFault | SignatureFound]:
    party = signing.party
    why_not = _why_untrusted(signer, roots, signing.at)
    yield SignatureFound(
        document=document,
        entry=signing.entry,
        party=party.id,
        names=tuple(sorted(signer.names)),
        trusted=why_not is None,
    )
    if party.kind != "organisation":
        return  # the network vouches for persons, and its certificates for them are its own
    if not signer.bears(party.name):
        told = ", ".join(sorted(signer.names)) or "no name"
        words = f"party {party.id} is {party.name}, its certificate is of {told}"
        yield DocumentFault(words, signing.entry)
    if why_not is not None:
        lacks_root = isinstance(why_not, RootMissingError)
        yield DocumentFault(f"party {party.id}: {why_not}", signing.entry, lacks_root=lacks_root)


def _why_untrusted(signer: Signer, roots: Sequence[bytes], at: datetime) -> UntrustedError | None:
    try:
        signer.lead_to(roots, at=at)
    except UntrustedError as error:
        return error
    return None
