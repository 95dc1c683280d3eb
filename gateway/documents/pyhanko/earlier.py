"""What earlier signatures on a document allow. A seal never breaks one (ISO 32000-2 §12.8.2)."""

import math
from io import BytesIO

from pyhanko.pdf_utils.misc import PdfReadError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DEFAULT_DIFF_POLICY, SuspiciousModification
from pyhanko.sign.fields import MDPPerm, enumerate_sig_fields

from gateway.documents.errors import CertifiedDocumentProblem, DamagedDocumentProblem
from gateway.revisions.faults import RevisionFaultError
from gateway.revisions.updating import Update, allows_every_signature


def refuse_if_closed(reader: PdfFileReader) -> None:
    """An earlier signature that permits no changes must stay the last word (§12.8.2.2).

    Raises:
        CertifiedDocumentProblem: there is one.
    """
    for signature in reader.embedded_signatures:
        if signature.docmdp_level is MDPPerm.NO_CHANGES:
            raise CertifiedDocumentProblem(
                f"field {signature.field_name!r} permits no changes (DocMDP P 1)"
            )


def refuse_if_it_breaks(reader: PdfFileReader, output: bytes) -> None:
    """Compare what the update changes with what each earlier signature permits.

    A strict verifier compares in the same way. It takes a new visible field after a certification
    for a forgery, for example, though the certification permits signing. pyHanko reads the whole
    document for it, so it is not asked where nothing but a field was added, and no earlier
    signature speaks of changes.

    Args:
        reader: the document as it came in.
        output: the document with the update; the signature value may still be missing.

    Raises:
        CertifiedDocumentProblem: an earlier signature would count as broken afterwards.
    """
    if not reader.embedded_signatures:
        return
    updated = PdfFileReader(BytesIO(output), strict=True)
    newest = updated.xrefs.total_revisions - 1
    if all(map(allows_every_signature, reader.embedded_signatures)) and _is_plain(updated, newest):
        return
    for signature in reader.embedded_signatures:
        try:
            DEFAULT_DIFF_POLICY.apply(
                old=updated.get_historical_resolver(newest - 1),
                new=updated.get_historical_resolver(newest),
                field_mdp_spec=signature.fieldmdp,
                doc_mdp=signature.docmdp_level,
            )
        except SuspiciousModification as refused:
            raise CertifiedDocumentProblem(
                f"a seal would break the signature in field {signature.field_name!r}: it permits "
                f"signing, but not what this seal adds ({refused}). One of these may be possible: "
                "an invisible seal, a single stamp instead of several, or a stamp in an empty "
                "signature field that the document has (`field`)"
            ) from None


def _is_plain(updated: PdfFileReader, newest: int) -> bool:
    """Whether the newest update wrote nothing but a field with its widgets.

    Where that cannot be told, pyHanko is asked.
    """
    try:
        update = Update(updated, newest, largest_mm=math.inf)
        update.signature_field()
    except (RevisionFaultError, PdfReadError, LookupError, TypeError, ValueError, AttributeError):
        return False
    return update.is_plain


def refuse_if_hidden(reader: PdfFileReader) -> None:
    """A signature of an earlier revision that the newest one no longer shows is still a signature.

    An update that drops the form would make a signed document pass for an unsigned one, while
    other software finds both signatures.

    Raises:
        DamagedDocumentProblem: a later revision hides a signature.
    """
    shown = {tuple(signature.byte_range) for signature in reader.embedded_signatures}
    for revision in range(reader.xrefs.total_revisions - 1):
        earlier = reader.get_historical_resolver(revision)
        for name, value, _ in enumerate_sig_fields(earlier, filled_status=True):
            if tuple(value.get_object()["/ByteRange"]) not in shown:
                raise DamagedDocumentProblem(
                    f"revision {revision + 1} carries a signature in field {name!r} that a later "
                    "revision hides"
                )
