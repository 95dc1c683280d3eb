"""Why an envelope is not created, not answered, or goes no further."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class EnvelopeUnknownProblem(Problem):
    """There is no such envelope, or it is another company's."""

    type: ClassVar[str] = "envelope-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such envelope"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Use the id from the answer; a system sees its own company's envelopes."


class EnvelopeDocumentUnknownProblem(Problem):
    """The envelope is there, and no document of it, or more than one, is called so."""

    type: ClassVar[str] = "envelope-document-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "The envelope has no one document of that name"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Ask for a name that `sealgate envelope show` tells; an attachment also by its SHA-256."
    )


class EnvelopeOfOtherCompanyProblem(Problem):
    """It is to be sent for a company that is not the caller's."""

    type: ClassVar[str] = "envelope-of-other-company"
    status: ClassVar[int] = 403
    title: ClassVar[str] = "Callers send envelopes for their own company"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Name the company that the policies give for the caller's System."


class EnvelopeSenselessProblem(Problem):
    """Nobody could sign it as it is."""

    type: ClassVar[str] = "envelope-senseless"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The envelope makes no sense as it is"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Correct what the detail names, and send it under a new key."


class PartyUnknownProblem(Problem):
    """A company is named that is not on the network."""

    type: ClassVar[str] = "envelope-party-unknown"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The network has no such organisation"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Ask the partner for its id on the network, or the network's operator (`sealgate network "
        "organisation list`), and send it under a new key."
    )


class PersonUnknownProblem(Problem):
    """A person is named by an account that is not on the network."""

    type: ClassVar[str] = "envelope-person-unknown"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The network has no such person"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Correct the person's `account` in the description. Where you know none, make the "
        "description anew with the person's telephone number or mailbox (`sealgate envelope create "
        "--person NAME=CONTACT`): the network finds or makes the account."
    )


class PartyNameProblem(Problem):
    """A company is called what its card does not say."""

    type: ClassVar[str] = "party-name"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "A company is called by a name that its card does not bear"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Write each company's name as it stands in the certificate of its seal. Where a partner "
        "has sent the envelope, decline it: nothing is sealed in it."
    )


class EnvelopeNotNowProblem(Problem):
    """What was asked does not fit how far the envelope has come."""

    type: ClassVar[str] = "envelope-not-now"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The envelope does not let this be done now"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Look at the envelope's state: the detail says what stands against it."


class EnvelopeContentMissingProblem(Problem):
    """The document is not here."""

    type: ClassVar[str] = "envelope-content-missing"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This document of the envelope is not here yet"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Wait until it was fetched and verified; of an envelope in `digest` mode attach the file."
    )


class EnvelopeFileOtherProblem(Problem):
    """A file was attached, or a name given, that is none of the envelope's."""

    type: ClassVar[str] = "envelope-file-other"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "The file is not the one that the envelope tells of"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "Attach the very file that the partner has sent, without saving it anew."


class PartyWithoutLinkProblem(Problem):
    """A link is asked for somebody who gets none."""

    type: ClassVar[str] = "envelope-party-without-link"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "Links are for the persons and bearers of an envelope"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Name one of those that the detail lists; companies sign by their gateway."
    )


class NetworkRefusesProblem(Problem):
    """The network will not do it."""

    type: ClassVar[str] = "network-refuses"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The network does not take this"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = "See the detail for the network's word; it would refuse it again."


class NoRuleForInboundProblem(Problem):
    """Nothing says what a contract that came in is here."""

    type: ClassVar[str] = "envelope-without-rule"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "Nothing says how this contract that came in is to be sealed"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = (
        "Name its type under `bridge.companies[].inbound` with a document type and a seal, or "
        "decline it."
    )


class EnvelopeTooLargeToTakeProblem(Problem):
    """Its documents are larger than this gateway takes."""

    type: ClassVar[str] = "envelope-too-large-to-take"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The documents of an envelope that came in are too large"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = (
        "Decline it, and ask the partner for smaller files; how large documents may be is "
        "`http.max_document_bytes` of config.yaml."
    )


class RevisionNotJudgedProblem(Problem):
    """What a partner signed could not be judged in time."""

    type: ClassVar[str] = "revision-not-judged"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "A partner's signature could not be judged"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = (
        "It is tried again by itself; if it stays so, the file is very large or made to do harm: "
        "ask the partner, and decline or withdraw the envelope."
    )
    retry_after_seconds: ClassVar[int | None] = 30


class RevisionProblem(Problem):
    """What a partner said to be the document with its signature is something else."""

    type: ClassVar[str] = "revision-refused"
    status: ClassVar[int] = 422
    title: ClassVar[str] = "A partner's signature does not count"
    owner: ClassVar[Owner] = "partner"
    cure: ClassVar[str] = (
        "Nothing more is signed in the envelope. Ask the partner what happened; withdraw or "
        "decline it, and begin anew."
    )


class RevisionOfOtherBaseProblem(RevisionProblem):
    """Bytes of what was agreed on are not as they were."""

    type: ClassVar[str] = "revision-altered"
    title: ClassVar[str] = "A partner has altered the document that it was to sign"


class RevisionUnreadableProblem(RevisionProblem):
    """It cannot be read with certainty."""

    type: ClassVar[str] = "revision-unreadable"
    title: ClassVar[str] = "What a partner has signed cannot be read with certainty"


class RevisionUnsignedProblem(RevisionProblem):
    """There is no signature in it."""

    type: ClassVar[str] = "revision-unsigned"
    title: ClassVar[str] = "A partner says that it has signed, and its document has no signature"


class RevisionMoreSignaturesProblem(RevisionProblem):
    """There are more signatures in it than were told."""

    type: ClassVar[str] = "revision-more-signatures"
    title: ClassVar[str] = "A partner's document has more signatures than were told"


class RevisionPageProblem(RevisionProblem):
    """A page came, went or was changed."""

    type: ClassVar[str] = "revision-page"
    title: ClassVar[str] = "A partner has added or changed pages with its signature"


class RevisionContentProblem(RevisionProblem):
    """Something that shows, or that fills a form, was changed."""

    type: ClassVar[str] = "revision-content"
    title: ClassVar[str] = "A partner has changed the document's content with its signature"


class RevisionAnnotationProblem(RevisionProblem):
    """Something was put over the page that is no stamp, or larger than one."""

    type: ClassVar[str] = "revision-annotation"
    title: ClassVar[str] = "A partner has put more over the document than a signature"


class RevisionHidesProblem(RevisionProblem):
    """Something was added that acts, or that not everybody sees."""

    type: ClassVar[str] = "revision-hides"
    title: ClassVar[str] = "A partner's signature comes with something that acts or hides"


class RevisionNotIntactProblem(RevisionProblem):
    """The signature does not verify, or leaves something open."""

    type: ClassVar[str] = "revision-not-intact"
    title: ClassVar[str] = "A partner's signature does not verify"


class RevisionUntrustedProblem(RevisionProblem):
    """Its certificate leads to no root that is trusted for such a party."""

    type: ClassVar[str] = "revision-untrusted"
    title: ClassVar[str] = "A partner's certificate leads to no trusted root"
    cure: ClassVar[str] = (
        "If you trust the issuer that the detail names, put its root into the folder "
        "`bridge.trusted_roots`: it is judged again within two minutes, without a new start. Else "
        "ask the partner to sign with a certificate that you trust."
    )


class RevisionPersonUntrustedProblem(RevisionProblem):
    """A person's certificate leads to no root that is trusted for persons."""

    type: ClassVar[str] = "revision-person-untrusted"
    title: ClassVar[str] = "A person's certificate leads to no root that is trusted for persons"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = (
        "Name the network's CA for persons (`persons-root.pem` from its operator) as "
        "`bridge.persons_root` and start the gateway anew: it is judged again then. Never put it "
        "into `bridge.trusted_roots`: the network could write cards of companies."
    )


class RevisionExpiredProblem(RevisionProblem):
    """The certificate or the moment of signing does not fit the time."""

    type: ClassVar[str] = "revision-expired"
    title: ClassVar[str] = "A partner's certificate did not count when it signed"


class RevisionNotAsToldProblem(RevisionProblem):
    """The document has another signature than the partner's statement."""

    type: ClassVar[str] = "revision-not-as-told"
    title: ClassVar[str] = "A partner's document has another signature than it told"


class RevisionOfOtherCompanyProblem(RevisionProblem):
    """The certificate names somebody else."""

    type: ClassVar[str] = "revision-other-company"
    title: ClassVar[str] = "The signature is another company's"


class EnvelopeRequestLostProblem(Problem):
    """It is ours, and the request for it is lost: the gateway was put back from a backup."""

    type: ClassVar[str] = "envelope-request-lost"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "What was asked for this envelope of ours is not known here any more"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Send the same request again, with the same idempotency key: this envelope is taken up for "
        "it, and goes on. Where nobody can, withdraw it. What was signed before stays signed."
    )
