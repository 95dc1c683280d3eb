"""Why something is not owed or not brought."""

from typing import ClassVar

from gateway.errors import Owner, Problem


class WebhookKeyError(Exception):
    """A key that webhooks are to be signed with cannot be used; the message never quotes it."""


class UnknownEventProblem(Problem):
    """There is no such event of this system, or it is forgotten by now."""

    type: ClassVar[str] = "event-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such event"
    owner: ClassVar[Owner] = "caller"
    cure: ClassVar[str] = (
        "Look the event up with GET /v1/events: a system sees its own, for as long as they are "
        "kept (returns.events_days)."
    )


class UnknownWebhookProblem(Problem):
    """There is no such webhook for this system."""

    type: ClassVar[str] = "webhook-unknown"
    status: ClassVar[int] = 404
    title: ClassVar[str] = "There is no such webhook"
    owner: ClassVar[Owner] = "it"
    cure: ClassVar[str] = (
        "Compare the name with `sealgate webhooks list`: the webhook must name the system under "
        "`systems`."
    )
