"""Why a document cannot be sealed. Every one is answered to the caller, with a cure."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class DocumentProblem(Problem):
    """Base of the reasons that lie in the document or in where the stamp should go."""

    type: ClassVar[str] = "document-refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The document cannot be sealed"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Have the producing system write the document anew as a plain PDF."


class NotAPDFProblem(DocumentProblem):
    """The bytes are not a PDF file."""

    type: ClassVar[str] = "document-not-pdf"
    title: ClassVar[str] = "The document is not a PDF file"
    cure: ClassVar[str] = "Send the PDF itself, unpacked and from its first byte."


class EmptyDocumentProblem(DocumentProblem):
    """There are no bytes."""

    type: ClassVar[str] = "document-empty"
    title: ClassVar[str] = "The document is empty"
    cure: ClassVar[str] = "Check that the file was written completely before it was sent."


class NoPagesProblem(DocumentProblem):
    """A PDF without pages."""

    type: ClassVar[str] = "document-without-pages"
    title: ClassVar[str] = "The document has no pages"


class TruncatedDocumentProblem(DocumentProblem):
    """The end of the file is missing."""

    type: ClassVar[str] = "document-truncated"
    title: ClassVar[str] = "The end of the document is missing"
    cure: ClassVar[str] = "Send the whole file; compare its length with the original."


class DamagedDocumentProblem(DocumentProblem):
    """A structure that cannot be read without guessing."""

    type: ClassVar[str] = "document-damaged"
    title: ClassVar[str] = "The document's structure is damaged"


class EncryptedDocumentProblem(DocumentProblem):
    """A password or certificate protects the document."""

    type: ClassVar[str] = "document-encrypted"
    title: ClassVar[str] = "The document is encrypted"
    cure: ClassVar[str] = "Send it without password protection; the transport is protected already."


class DocumentTooDemandingProblem(DocumentProblem):
    """Reading it took more time or memory than a worker may use, or ended the worker."""

    type: ClassVar[str] = "document-too-demanding"
    title: ClassVar[str] = "The document takes too much time or memory to read"


class CertifiedDocumentProblem(DocumentProblem):
    """An earlier certification forbids further signatures."""

    type: ClassVar[str] = "document-closed"
    title: ClassVar[str] = "An earlier signature forbids another one"
    cure: ClassVar[str] = "Seal the original, not a document that was closed by certification."


class AlreadySignedProblem(DocumentProblem):
    """A certification must come before every other signature."""

    type: ClassVar[str] = "document-already-signed"
    title: ClassVar[str] = "The document is signed already and cannot be certified"
    cure: ClassVar[str] = "Seal the original, or use a seal whose signature kind is `approval`."


class SignedDocumentNotNormalizedProblem(DocumentProblem):
    """The document type normalises, and a signature would break."""

    type: ClassVar[str] = "document-signed"
    title: ClassVar[str] = "The document is signed and cannot be normalised"
    cure: ClassVar[str] = "Send the unsigned original, or use a type that does not normalise."


class NotNormalizableProblem(DocumentProblem):
    """The document type normalises, and the document has no one look that could be kept."""

    type: ClassVar[str] = "document-not-normalizable"
    title: ClassVar[str] = "The document cannot be normalised"
    cure: ClassVar[str] = "Have the producing system flatten the form, or write the appearances."


class StampUnusableProblem(DocumentProblem):
    """The seal's stamp cannot be drawn."""

    type: ClassVar[str] = "stamp-unusable"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The seal's stamp cannot be drawn"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Correct the `stamp:` of the seal; `sealgate doctor` tries every stamp."


class SealUnusableProblem(DocumentProblem):
    """The seal's certificate or key cannot make signatures on documents."""

    type: ClassVar[str] = "seal-unusable"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The seal cannot sign documents"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Give the seal a key with an RSA or ECDSA mechanism and its certificate."


class PlacementProblem(DocumentProblem):
    """Base of the reasons that lie in the placement."""

    type: ClassVar[str] = "placement-refused"
    title: ClassVar[str] = "The stamp cannot be placed"
    cure: ClassVar[str] = "Correct the placement in the request, the rule or the seal."


class PageOutOfRangeProblem(PlacementProblem):
    """The page does not exist."""

    type: ClassVar[str] = "page-out-of-range"
    title: ClassVar[str] = "The page for the stamp does not exist"


class KeywordNotFoundProblem(PlacementProblem):
    """The keyword is not in the document's text, or not that often."""

    type: ClassVar[str] = "keyword-not-found"
    title: ClassVar[str] = "The keyword for the stamp was not found"


class OffPageProblem(PlacementProblem):
    """The stamp would not lie wholly on the visible page."""

    type: ClassVar[str] = "stamp-off-page"
    title: ClassVar[str] = "The stamp would not lie wholly on the page"


class OverlapProblem(PlacementProblem):
    """`avoid: overlap` was asked for, and no free spot is near."""

    type: ClassVar[str] = "stamp-overlaps"
    title: ClassVar[str] = "The stamp would cover text, a field or an earlier seal"
    cure: ClassVar[str] = (
        "Name a spot nearer to free paper, leave `avoid` out, or have the document laid out with "
        "room for the stamp."
    )


class FieldNotFoundProblem(PlacementProblem):
    """The document has no signature field of that name."""

    type: ClassVar[str] = "field-not-found"
    title: ClassVar[str] = "The signature field does not exist"
    cure: ClassVar[str] = "Name one of the document's empty signature fields, or a spot on a page."


class FieldUnusableProblem(PlacementProblem):
    """The field exists, but this seal cannot sign in it."""

    type: ClassVar[str] = "field-unusable"
    title: ClassVar[str] = "The seal cannot sign in this signature field"
    cure: ClassVar[str] = (
        "Name another empty field, use a seal that fits it, or name a spot on a page."
    )


class WorkersUnavailableProblem(Problem):
    """No document worker could be started."""

    type: ClassVar[str] = "workers-unavailable"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "No document worker is running"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "Run `sealgate doctor`; look for why workers end in the gateway's log."
    retry_after_seconds: ClassVar[int | None] = 5


class PreparationFailedProblem(DocumentProblem):
    """A defect of ours, or a worker that is not itself any more; not the document's fault."""

    type: ClassVar[str] = "document-preparation-failed"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Preparing the document failed at the gateway"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "Look in the gateway's log under the trace id, and report it."
