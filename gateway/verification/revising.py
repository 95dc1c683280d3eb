"""Whether a revision adds a signature and nothing else. Runs in the child only.

The parent has seen that it begins with the very bytes of the document that was signed upon. Here it
is asked what the update changes (`updating`), and whether the signature stands: intact, by a
certificate that is trusted at that time and that names who was to sign. Whatever makes the reader
raise counts against the revision.
"""

import hashlib
import unicodedata
from collections.abc import Coroutine, Sequence
from functools import lru_cache
from io import BytesIO
from typing import TypeVar

from asn1crypto import cms, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import enumerate_sig_fields
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
)
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleTrustManager

from gateway.revisions.faults import UNSEEN, RevisionFaultError
from gateway.revisions.missing import named_in, written_parts
from gateway.revisions.over_text import over_text
from gateway.revisions.plain_bytes import check_plain_bytes
from gateway.revisions.text_boxes import Box
from gateway.revisions.updating import Update, allows_every_signature
from gateway.revisions.uses import refuse_other_uses
from gateway.verification.court import refuse_what_no_court_takes
from gateway.verification.differences import rules_for
from gateway.verification.judging import (
    CLOCKS_DIFFER,
    certificate_of,
    covers_its_revision,
    told,
)
from gateway.verification.model import AddedSignature, AskedRevision, RevisionJudgement

T = TypeVar("T")


def judge_revision(document: bytes, asked: AskedRevision) -> RevisionJudgement:
    """What speaks against the revision, or what it added. Never raises for what is in the file."""
    try:
        return _found(document, asked)
    except RevisionFaultError as found:
        return RevisionJudgement(fault=found.fault, why=found.why)
    except MemoryError:
        why = "reading it took more memory than is allowed"
        return RevisionJudgement(fault="could-not-tell", why=why)
    except Exception as error:  # noqa: BLE001 - a hostile file makes pyHanko raise anything
        return RevisionJudgement(fault="unreadable", why=told(error))


def _found(document: bytes, asked: AskedRevision) -> RevisionJudgement:
    added, updates = _added(document, asked)
    # What a person fills in is one appearance over all of a page.
    if asked.is_person or not asked.looks_under:
        return RevisionJudgement(added=added)
    return RevisionJudgement(added=added, over_text=_under(document, updates))


def _under(document: bytes, updates: list[Update]) -> str:
    marks: dict[int, list[Box]] = {}
    try:
        for page, box in (each for update in updates for each in update.marks()):
            marks.setdefault(page, []).append(box)
        return over_text(document, marks, pages=updates[-1].pages)
    except Exception as error:  # noqa: BLE001 - it is signed: nothing is held up by what is only told
        return f"{UNSEEN}: {told(error)}"


def _added(
    document: bytes, asked: AskedRevision
) -> tuple[tuple[AddedSignature, ...], list[Update]]:
    reader = _reader(document)
    before = _reader(document[: asked.base_bytes])
    known = before.xrefs.total_revisions
    if (
        reader.xrefs.total_revisions <= known
        or reader.xrefs.get_startxref_for_revision(known - 1) != before.last_startxref
    ):
        raise RevisionFaultError("unsigned", "no update follows the document that was signed upon")
    earlier = {name for name, _, _ in enumerate_sig_fields(before, filled_status=True)}
    signatures = reader.embedded_signatures
    added = [each for each in signatures if each.field_name not in earlier]
    updates = [
        Update(reader, number, largest_mm=asked.largest_mm)
        for number in range(known, reader.xrefs.total_revisions)
    ]
    fields = [each.signature_field() for each in updates]
    start = asked.base_bytes
    for number in range(known, reader.xrefs.total_revisions):
        start = check_plain_bytes(reader, document, number, start)
    parts = tuple(written_parts(before, document[: asked.base_bytes]))
    _refuse_what_was_missing(parts, updates)
    for each in updates:
        refuse_other_uses(parts, each.roles_written(), each.arrays_written())
    if not added:
        raise RevisionFaultError("unsigned", "it carries no signature besides those of its base")
    if len(added) > asked.most:
        raise RevisionFaultError("more-signatures", f"it adds {len(added)} signatures")
    if fields != [each.field_name for each in added]:
        raise RevisionFaultError("not-whole", "its signatures are not those of its updates")
    is_plain = all(each.is_plain for each in updates)
    for signature in signatures:
        if signature not in added and not (is_plain and allows_every_signature(signature)):
            _ask_the_earlier(signature)
    judged = tuple(_judged(each, document, asked, is_last=each is added[-1]) for each in added)
    start = asked.base_bytes
    for each, found in zip(added, judged, strict=True):
        start = refuse_what_no_court_takes(each, found.container, document, start, asked=asked)
    _is_as_told(judged[-1], asked)
    return judged, updates


def _refuse_what_was_missing(parts: Sequence[bytes], updates: Sequence[Update]) -> None:
    number = named_in(parts, (each for update in updates for each in update.new_numbers()))
    if number is not None:
        why = f"it adds object {number}, which what was signed upon names and did not have"
        raise RevisionFaultError("content-changed", why)


def _reader(document: bytes) -> PdfFileReader:
    reader = PdfFileReader(BytesIO(document), strict=True)
    if reader.xrefs.hybrid_xrefs_present:
        reader = PdfFileReader(BytesIO(document), strict=False)
    if reader.encrypted:
        raise RevisionFaultError("unreadable", "it is encrypted")
    return reader


def _ask_the_earlier(signature: EmbeddedPdfSignature) -> None:
    """An earlier signature must allow what was added; what it covers itself was not touched."""
    signature.compute_integrity_info(rules_for(signature))  # type: ignore[no-untyped-call]
    if not signature.summarise_integrity_info()["docmdp_ok"]:
        why = f"the earlier signature in {signature.field_name[:60]!r} does not allow this one"
        raise RevisionFaultError("earlier-broken", why)


def _judged(
    signature: EmbeddedPdfSignature, document: bytes, asked: AskedRevision, *, is_last: bool
) -> AddedSignature:
    certificate = certificate_of(signature)
    claimed_at = signature.self_reported_timestamp
    if claimed_at is None or claimed_at > asked.at + CLOCKS_DIFFER:
        why = f"it was received at {asked.at:%Y-%m-%d %H:%M:%S %Z} and says to be signed later"
        raise RevisionFaultError("time", why if claimed_at else "it does not say when")
    for moment in (claimed_at, asked.at):
        if not certificate.not_before <= moment <= certificate.not_after:
            why = (
                f"its certificate counts from {certificate.not_before:%Y-%m-%d} to "
                f"{certificate.not_after:%Y-%m-%d}, not at {moment:%Y-%m-%d %H:%M:%S %Z}"
            )
            raise RevisionFaultError("expired", why)
    status = _status(signature, asked)
    if not status.intact:
        raise RevisionFaultError("not-intact", "its digest is not that of the document")
    if not status.valid:
        raise RevisionFaultError("not-intact", "its value does not verify with its certificate")
    covered = status.coverage is not None and (
        status.coverage >= SignatureCoverageLevel.ENTIRE_REVISION
    )
    if not covered or not covers_its_revision(signature, document, is_last=is_last):
        raise RevisionFaultError("not-whole", "it does not cover all of the document")
    if not status.trusted:
        why = f"its certificate, issued by {certificate.issuer[:120]}, leads to no trusted root"
        raise RevisionFaultError("untrusted", why)
    if not status.bottom_line:
        raise RevisionFaultError("not-intact", f"it does not pass as a whole ({status.summary()})")
    names = _names(signature.signer_cert, is_person=asked.is_person)
    if asked.name is not None and not _is_named(asked.name, names):
        why = f"its certificate names {' / '.join(names)[:120]}, not {asked.name[:120]}"
        raise RevisionFaultError("other-name", why)
    return AddedSignature(
        field=str(signature.field_name),
        container=_container(signature),
        certificate=certificate,
        names=names,
        claimed_at=claimed_at,
    )


def _status(signature: EmbeddedPdfSignature, asked: AskedRevision) -> PdfSignatureStatus:
    moment = min(signature.self_reported_timestamp or asked.at, asked.at)
    context = ValidationContext(
        trust_manager=_anchors(asked.trust), allow_fetching=False, moment=moment
    )
    return _at_once(
        async_validate_pdf_signature(signature, context, diff_policy=rules_for(signature))
    )


def _at_once(waiting: Coroutine[object, None, T]) -> T:
    """The outcome of what waits for nothing: where nothing is fetched, pyHanko has no cause to.

    A loop for each signature would take half a millisecond.
    """
    try:
        waiting.send(None)
    except StopIteration as done:
        found: T = done.value
        return found
    waiting.close()
    raise RuntimeError("judging it would wait for something")


@lru_cache(maxsize=64)
def _anchors(trust: tuple[bytes, ...]) -> SimpleTrustManager:
    """Taken apart once, their names too: they are the same for every revision of a party."""
    return SimpleTrustManager.build(map(x509.Certificate.load, trust))


def _is_as_told(last: AddedSignature, asked: AskedRevision) -> None:
    if asked.field is not None and last.field != asked.field:
        why = f"it is in field {last.field[:60]!r}, and {asked.field[:60]!r} was told"
        raise RevisionFaultError("other-field", why)
    if asked.container is not None:
        found = hashlib.sha256(last.container).hexdigest()
        if found != asked.container:
            raise RevisionFaultError(
                "other-container", "its container is not the one that was told"
            )


def _is_named(name: str, names: Sequence[str]) -> bool:
    """Whether a name is among these, by whichever width its brackets and letters are written."""
    return _plain(name) in map(_plain, names)


def _plain(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _names(certificate: x509.Certificate, *, is_person: bool) -> tuple[str, ...]:
    subject = certificate.subject.native
    asked = ("common_name",) if is_person else ("organization_name", "common_name")
    found = (subject.get(each) for each in asked)
    return tuple(dict.fromkeys(each for each in found if isinstance(each, str) and each))


def _container(signature: EmbeddedPdfSignature) -> bytes:
    """The CMS without the zeros that fill its place up."""
    content = bytes(signature.pkcs7_content)
    return bytes(cms.ContentInfo.load(content).dump())
