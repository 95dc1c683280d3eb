"""Why something cannot be carried to the network, or not now."""

from typing import ClassVar

from gateway.envelopes.cures import NARROW_CURE
from gateway.envelopes.keeping.troubles import NARROW
from gateway.errors import Owner, Problem


class KeyFileError(Exception):
    """A key of the bridge cannot be used; the message says which and what to do."""


class NotBridgedProblem(Problem):
    """The company is not on the network."""

    type: ClassVar[str] = "company-not-on-network"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The company is not on the network"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = "Write it under bridge.companies in config.yaml (docs/bridge.md)."


class CardMissingProblem(Problem):
    """The company has no card to speak by."""

    type: ClassVar[str] = "organisation-card-missing"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The company has no card on the network yet"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = (
        "Look at `sealgate bridge status`: it says whether the network is away, or no policy lets "
        "the seal sign the document type organisation-card."
    )
    retry_after_seconds: ClassVar[int | None] = 30


class NotComparedProblem(Problem):
    """The database was put back from a backup, and was not compared with the network since."""

    type: ClassVar[str] = "records-not-compared"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "What was sent before the restore is not known here yet"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = (
        "Repeat the request with the same key: as soon as the network answers, the gateway compares"
        " its records with it, and finds what it has sent already. If it lasts, look at `sealgate "
        "bridge status`."
    )
    retry_after_seconds: ClassVar[int | None] = 15


class WayTooNarrowProblem(Problem):
    """Something between us and the network lets no body of this size through."""

    type: ClassVar[str] = NARROW
    status: ClassVar[int] = 502
    title: ClassVar[str] = "Something before the network lets no body of this size through"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = NARROW_CURE


class BridgeAwayProblem(Problem):
    """The network does not answer."""

    type: ClassVar[str] = "network-away"
    status: ClassVar[int] = 503
    title: ClassVar[str] = "The cloud account network does not answer"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = (
        "Envelopes go on by themselves; what was asked for just now (a link, a person, a release) "
        "is to be asked for again. If it lasts, look at firewall, proxy and certificates: "
        "`sealgate doctor` tries the way to the network."
    )
    retry_after_seconds: ClassVar[int | None] = 30
