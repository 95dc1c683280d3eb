"""`kind: Webhook`: a URL that is told of events, of whose, and the keys that sign what it gets."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from gateway.config import AbsolutePath
from gateway.config.values import is_loopback
from gateway.declarations.declaration import Declaration
from policies.kinds.spelling import Name
from strictyaml import StrictModel, refusal

WebhookEvent = Literal[
    "document.sealed",
    "item.failed",
    "batch.finished",
    "envelope.completed",
    "envelope.declined",
    "envelope.withdrawn",
    "envelope.expired",
    "envelope.voided",
    "envelope.held",
]
_ALL: Final[tuple[WebhookEvent, ...]] = get_args(WebhookEvent)


class WebhookSpec(StrictModel):
    """Where, of what, and how.

    Attributes:
        url: where events are posted to.
        systems: whose events.
        events: which; all of them when nothing is written.
        document_types: of these types only.
        keys: files with a `whsec_` or `whsk_` key each; all of them sign.
        timeout_seconds: for one try.
        most_at_once: tries at the same time.
        attach: whether the body says where the sealed document is.
        authorities: PEM of the CAs that its certificate may come from; the system's by default.
        allow_plain: whether a URL may be http:// that leaves this machine.
        allow_link_local: whether it may be at a link-local or metadata address.
    """

    url: Annotated[str, Field(min_length=1, max_length=2000)]
    systems: Annotated[tuple[Name, ...], Field(min_length=1)]
    events: Annotated[tuple[WebhookEvent, ...], Field(min_length=1)] = _ALL
    document_types: Annotated[tuple[Name, ...], Field(min_length=1)] | None = None
    keys: Annotated[tuple[AbsolutePath, ...], Field(min_length=1, max_length=8)]
    timeout_seconds: Annotated[float, Field(gt=0, le=60)] = 15.0
    most_at_once: Annotated[int, Field(ge=1, le=64)] = 4
    attach: Literal["none", "link"] = "link"
    authorities: AbsolutePath | None = None
    allow_plain: bool = False
    allow_link_local: bool = False

    @model_validator(mode="after")
    def _goes_somewhere_in_private(self) -> Self:
        try:
            parts = urlsplit(self.url)
            host, _port = parts.hostname, parts.port
        except ValueError as error:
            raise refusal(f"{self.url} is no URL: {error}", "write https://HOST/PATH") from None
        if parts.scheme not in {"https", "http"} or not host:
            raise refusal(f"{self.url} is no URL of HTTP", "write https://HOST/PATH")
        if parts.username is not None or parts.password is not None:
            raise refusal(
                "a password does not belong into a URL",
                "leave it out: the receiver knows us by our signature",
            )
        if parts.scheme == "http" and not self.allow_plain and not is_loopback(host):
            raise refusal(
                f"{self.url} would carry business numbers in the clear",
                "write https://, or `allowPlain: true` where the network is your own",
            )
        return self


class WebhookKind(Declaration):
    """`kind: Webhook`."""

    kind: Literal["Webhook"]
    spec: WebhookSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredWebhook:
    """A webhook, as IT declared it; see `WebhookSpec`."""

    name: str
    url: str
    systems: frozenset[str]
    events: frozenset[WebhookEvent]
    document_types: frozenset[str] | None
    keys: tuple[Path, ...]
    timeout_seconds: float
    most_at_once: int
    with_link: bool
    authorities: Path | None
    allow_link_local: bool

    @property
    def readable(self) -> tuple[Path, ...]:
        """What the gateway must be able to read for it."""
        return self.keys if self.authorities is None else (*self.keys, self.authorities)


def declared_webhooks(kinds: Mapping[str, WebhookKind]) -> dict[str, DeclaredWebhook]:
    """What was read, as plain values."""
    return {name: _declared(name, kind.spec) for name, kind in kinds.items()}


def _declared(name: str, spec: WebhookSpec) -> DeclaredWebhook:
    types = spec.document_types
    return DeclaredWebhook(
        name=name,
        url=spec.url,
        systems=frozenset(spec.systems),
        events=frozenset(spec.events),
        document_types=None if types is None else frozenset(types),
        keys=spec.keys,
        timeout_seconds=spec.timeout_seconds,
        most_at_once=spec.most_at_once,
        with_link=spec.attach == "link",
        authorities=spec.authorities,
        allow_link_local=spec.allow_link_local,
    )
