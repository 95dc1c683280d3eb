"""Why a request is refused before the signing room sees it."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class AuthenticationRequiredProblem(Problem):
    """The request says not who it is from."""

    type: ClassVar[str] = "authentication-required"
    status: ClassVar[int] = 401
    title: ClassVar[str] = "The request is not authenticated"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Sign it (RFC 9421) with your system's key, or use a client certificate."


class SignatureInvalidProblem(Problem):
    """The request's signature does not verify, or covers too little."""

    type: ClassVar[str] = "request-signature-invalid"
    status: ClassVar[int] = 401
    title: ClassVar[str] = "The request's signature is not valid"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "At the command line give the key that the policies have for the caller, under its own id "
        "(`--key ID=WHERE`). In a program compare key id, covered components and Content-Digest "
        "with docs/api.md."
    )


class RequestTimeProblem(Problem):
    """The signature's time is too far from ours."""

    type: ClassVar[str] = "request-time-off"
    status: ClassVar[int] = 401
    title: ClassVar[str] = "The request's time is too far from the gateway's"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Set both machines' clocks by NTP, then sign the request anew."


class ReplayProblem(Problem):
    """The same signed request came before."""

    type: ClassVar[str] = "request-replayed"
    status: ClassVar[int] = 401
    title: ClassVar[str] = "This signed request came before"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Sign every try anew with a new nonce; keep the Idempotency-Key."


class NotYoursProblem(Problem):
    """The caller is known, and this is not for it to do."""

    type: ClassVar[str] = "not-yours"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Your roles do not have the power to do this"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Ask somebody who has the power, or an officer for a role that has it."


class IdempotencyKeyMissingProblem(Problem):
    """No Idempotency-Key."""

    type: ClassVar[str] = "idempotency-key-missing"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The Idempotency-Key header is missing or too long"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send one key per document, 1 to 255 visible ASCII characters."


class MalformedRequestProblem(Problem):
    """The body is not what the API asks for."""

    type: ClassVar[str] = "request-malformed"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request cannot be understood"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Correct what the detail names, as docs/api.md and /openapi.json say."


class RequestTooSlowProblem(Problem):
    """The body did not arrive in time."""

    type: ClassVar[str] = "request-too-slow"
    status: ClassVar[int] = 408
    title: ClassVar[str] = "The request's body did not arrive in time"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send it again with the same key; look at the network between."


class DocumentTooLargeProblem(Problem):
    """The body is larger than the gateway takes."""

    type: ClassVar[str] = "document-too-large"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "The document is larger than this gateway takes"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Make it smaller, or ask IT to raise http.max_document_bytes."


class BatchTooLargeProblem(Problem):
    """The body with the batch is larger than the gateway takes."""

    type: ClassVar[str] = "batch-too-large"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "The batch is larger than this gateway takes at once"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send it in several batches, or ask IT to raise http.max_batch_bytes."


class EnvelopeTooLargeProblem(Problem):
    """The body with the envelope is larger than the gateway takes."""

    type: ClassVar[str] = "envelope-too-large"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "The documents of the envelope are larger than this gateway takes"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send fewer or smaller ones, or ask IT to raise http.max_document_bytes."


class EnvelopesNotSetUpProblem(Problem):
    """This gateway has no network to meet others on."""

    type: ClassVar[str] = "envelopes-not-set-up"
    status: ClassVar[int] = 501
    title: ClassVar[str] = "This gateway is on no network, so it sends and receives no envelopes"
    cure: ClassVar[str] = "Add `bridge:` to config.yaml, as docs/envelopes.md says."


class OverloadedProblem(Problem):
    """More requests are under way than the gateway bears."""

    type: ClassVar[str] = "overloaded"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "Too many requests are under way"
    cure: ClassVar[str] = "Send the same request again after a moment, with the same key."
    retry_after_seconds: ClassVar[int | None] = 1


class NotFoundProblem(Problem):
    """No such path."""

    type: ClassVar[str] = "not-found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is nothing at this address"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "See /openapi.json for what there is."


class MethodNotAllowedProblem(Problem):
    """The path does not take that method."""

    type: ClassVar[str] = "method-not-allowed"
    status: ClassVar[int] = 405
    title: ClassVar[str] = "This address does not take that method"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "See /openapi.json for which method it takes."
