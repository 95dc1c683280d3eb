"""Why the network refuses: one family of errors, told as RFC 9457 problems.

`type` is stable for ever; `owner` says who can do something about it, `cure` says what.
"""

from typing import ClassVar, Literal

Owner = Literal["caller", "officer", "it", "partner"]


class NetworkProblem(Exception):  # noqa: N818 - RFC 9457's own word
    """Base of everything that is told to whoever asks the network.

    Attributes:
        type: the last segment of the problem type.
        status: the HTTP status it is answered with.
        title: what happened, the same for every problem of this type.
        owner: `caller`: the organisation that asks; `officer`: who runs the network's accounts;
            `it`: who runs the network; `partner`: another party of the envelope.
        cure: what to do.
        retry_after_seconds: when the same request may be sent again, if that can help.
        of_the_api: whether organisations are told it; pages have their own.
    """

    type: ClassVar[str] = "network-internal-error"
    status: ClassVar[int] = 500
    title: ClassVar[str] = "Something failed inside the network"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "Look up the trace id in the network's log; report it if it comes again."
    retry_after_seconds: float | None = None
    of_the_api: ClassVar[bool] = True

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def members(self) -> dict[str, object]:
        """What this type tells besides, under names of its own (RFC 9457 §3.2)."""
        return {}


class InternalProblem(NetworkProblem):
    """A defect; the detail never carries a stack trace or a secret."""


class StoreProblem(NetworkProblem):
    """Disk or database could not keep or give something.

    Attributes:
        may_be_kept: whether it may be there all the same, as when a commit's answer is lost.
    """

    type: ClassVar[str] = "network-store-failed"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The network's database or disk does not answer"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = (
        "Send it again later; who runs the network looks at its log (store_failed)."
    )
    retry_after_seconds: float | None = 2.0

    def __init__(self, detail: str, *, may_be_kept: bool = True) -> None:
        super().__init__(detail)
        self.may_be_kept = may_be_kept


class NotAuthenticatedProblem(NetworkProblem):
    """The request says not, or not well enough, who it is from."""

    type: ClassVar[str] = "not-authenticated"
    status: ClassVar[int] = 401
    title: ClassVar[str] = "The request is not authenticated"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Sign it (RFC 9421, Ed25519) with the organisation's signing key, keyid the organisation's "
        "id, covering @method, @target-uri, content-digest; over TLS with its client certificate."
    )


class RequestTimeProblem(NetworkProblem):
    """The signature's time is too far from ours."""

    type: ClassVar[str] = "request-time-off"
    status: ClassVar[int] = 401
    title: ClassVar[str] = "The request's time is too far from the network's"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Set the machine's clock by NTP, then sign the request anew."


class ReplayProblem(NetworkProblem):
    """The same signed request came before."""

    type: ClassVar[str] = "request-replayed"
    status: ClassVar[int] = 401
    title: ClassVar[str] = "This signed request came before"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Sign every try anew, with a new nonce."


class NotFoundProblem(NetworkProblem):
    """No such path."""

    type: ClassVar[str] = "not-found"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is nothing at this address"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Compare method and path with /openapi.json."


class AccountUnknownProblem(NetworkProblem):
    """No such organisation or person."""

    type: ClassVar[str] = "account-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "The network has no such account"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Search organisations by their legal name; create persons before they are named."
    )


class PartyNameProblem(NetworkProblem):
    """An organisation is called what it is not."""

    type: ClassVar[str] = "party-name"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "An organisation is named as its account is not"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Name each organisation as the directory does (/v1/organisations/ID)."


class EnvelopeUnknownProblem(NetworkProblem):
    """There is none, or it is none of the asker's business: both look the same."""

    type: ClassVar[str] = "envelope-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such envelope for this organisation"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Compare the envelope's id; only its parties see it."


class ContentMissingProblem(NetworkProblem):
    """Nobody has put this content into the envelope."""

    type: ClassVar[str] = "content-missing"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "The envelope has no such content"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = (
        "Who states a document puts its content first; ask again once it is there."
    )


class ContentForgottenProblem(NetworkProblem):
    """The envelope ended so long ago that its contents are kept no more."""

    type: ClassVar[str] = "content-forgotten"
    status: ClassVar[int] = 410
    title: ClassVar[str] = "The network no longer keeps this envelope's contents"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Take your own copy, or ask another party for its; the record's digests prove that it is "
        "the same."
    )


class ContentQuotaProblem(NetworkProblem):
    """The organisation's contents would take more room than it has."""

    type: ClassVar[str] = "content-quota"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The organisation has no room for more contents at the network"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = (
        "Ask who runs the network for more room (limits.organisation_bytes), or wait until "
        "contents of envelopes that have ended are forgotten (limits.content_days)."
    )


class MalformedProblem(NetworkProblem):
    """The body or query is not what the API asks for."""

    type: ClassVar[str] = "request-malformed"
    status: ClassVar[int] = 400
    title: ClassVar[str] = "The request cannot be understood"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Correct what the detail names, as docs/network.md and /openapi.json say."


class TooLargeProblem(NetworkProblem):
    """The body is larger than the network takes."""

    type: ClassVar[str] = "request-too-large"
    status: ClassVar[int] = 413
    title: ClassVar[str] = "The request is larger than the network takes"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Send less, or ask who runs the network to raise `limits`."


class TooManyRequestsProblem(NetworkProblem):
    """The organisation asks more often than it may."""

    type: ClassVar[str] = "too-many-requests"
    status: ClassVar[int] = 429
    title: ClassVar[str] = "The organisation sends more requests than it may"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Wait as Retry-After says; the long poll of the feed spares most questions."
    )

    def __init__(self, detail: str, *, retry_after_seconds: float) -> None:
        super().__init__(detail)
        self.retry_after_seconds = retry_after_seconds


class NotAllowedProblem(NetworkProblem):
    """The envelope's state does not allow what is said. `reason` is that of `NotAllowedError`."""

    type: ClassVar[str] = "not-allowed"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The envelope does not allow this now"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Fetch the envelope, look at its state, and say what it allows."

    def __init__(self, detail: str, *, reason: str) -> None:
        super().__init__(detail)
        self.reason = reason

    def members(self) -> dict[str, object]:
        """The reason, a word that stays."""
        return {"reason": self.reason}


class ConflictProblem(NetworkProblem):
    """The same id, or serial, came before with something else."""

    type: ClassVar[str] = "conflict"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Something else has this id already"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Say again exactly what was said before, or choose a new id."


class StatementInvalidProblem(NetworkProblem):
    """A statement is not the author's, or not of this envelope."""

    type: ClassVar[str] = "statement-invalid"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The statement cannot be believed"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Sign it with the key of the published card whose serial it names."


class CardInvalidProblem(NetworkProblem):
    """A card is not of the organisation that brings it, or has expired."""

    type: ClassVar[str] = "card-invalid"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The card cannot be published"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Make a card with the account's id and name, a higher serial, and dates that count now."
    )


class ModeProblem(NetworkProblem):
    """A content is not of the kind that the envelope's terms choose."""

    type: ClassVar[str] = "content-mode"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The envelope's terms do not let the network hold such content"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Send ciphertext for `encrypted`, nothing for `digest`; plaintext only for `open`."
    )


class LevelProblem(NetworkProblem):
    """The account is not known well enough for what the terms ask, or no longer."""

    type: ClassVar[str] = "verification-too-low"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "The account's verification does not suffice, or has expired"
    owner: ClassVar[Owner] = "officer"
    cure: ClassVar[str] = "Have the account verified anew by who runs the network."


class WebhookProblem(NetworkProblem):
    """A webhook's address is none that the network may call."""

    type: ClassVar[str] = "webhook-address"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The network may not call this address"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Give an https address that resolves to public addresses."
