"""The room for persons, built upon the network's core."""

from pathlib import Path

import structlog

from cloud_bridge.network.authority import Authority
from cloud_bridge.network.config import NetworkConfig
from cloud_bridge.network.core import Core, Room
from cloud_bridge.network.http.routes import Route
from cloud_bridge.network.pages.asking import Cookies
from cloud_bridge.network.pages.coming import Coming
from cloud_bridge.network.pages.files import asset_file, pdfjs_file
from cloud_bridge.network.pages.reading import Reading
from cloud_bridge.network.pages.rendering import Renderer
from cloud_bridge.network.pages.signing import Signing
from cloud_bridge.network.pages.site import Site
from cloud_bridge.network.persons.acting import Acting
from cloud_bridge.network.persons.checks import Checks
from cloud_bridge.network.persons.id_tails import IdTails
from cloud_bridge.network.persons.invitations import Invitations
from cloud_bridge.network.persons.links import PersonLinks
from cloud_bridge.network.persons.senders import FileCodeSender, WebhookCodeSender
from cloud_bridge.network.press.authority import PersonAuthority
from cloud_bridge.network.press.pressing import ChildPress

_FORGET_SECONDS = 3600.0
_INVITE_SECONDS = 1.0
_FONT_CURE = "without it nobody can sign: apt install fonts-arphic-uming, or set persons.font"
_log = structlog.get_logger("network.persons")


def persons_room(core: Core) -> Room:
    """Links, pages and acts of persons.

    Raises:
        OSError, ValueError: a key or secret cannot be read.
    """
    config = core.config
    authority = PersonAuthority(Authority.read(config.keys.persons_ca), config.name)
    press = ChildPress(authority, core.time, font=config.persons.font)
    url = pages_url(config)
    if not config.persons.font.is_file():
        _log.error("font_missing", font=str(config.persons.font), cure=_FONT_CURE)
    links = PersonLinks(core.lane, core.book, core.time, url=url)
    sender = sender_of(core)
    invitations = Invitations(
        lane=core.lane,
        book=core.book,
        accounts=core.accounts,
        links=links,
        sender=sender,
        time=core.time,
        key=core.key,
        language=config.persons.language,
    )
    site = Site(
        network=config.name,
        renderer=Renderer(config.name),
        cookies=Cookies(secure=url.startswith("https:")),
        links=links,
        checks=Checks(core.lane, core.accounts, sender, core.time, IdTails(core.lane)),
        acting=Acting(core.book, core.accounts, press, core.time),
        accounts=core.accounts,
        time=core.time,
        check=config.persons.check,
        identity_check=config.persons.identity_check or "",
        root=authority.pem,
    )
    return Room(
        routes=(
            *Coming(site).routes(),
            *Reading(site).routes(),
            *Signing(site).routes(),
            Route("GET", "/assets/{name}", asset_file, "page-asset", who="page"),
            Route("GET", "/pdfjs/{name:.+}", pdfjs_file, "page-pdfjs", who="page"),
        ),
        links={"person": links},
        work=((links.forget, _FORGET_SECONDS), (invitations.deliver, _INVITE_SECONDS)),
    )


def sender_of(core: Core) -> FileCodeSender | WebhookCodeSender:
    """What brings codes and addresses, as configured; else a file of the state directory."""
    webhook = core.config.persons.code_webhook
    if webhook is None:
        return FileCodeSender(core.config.state_directory / "codes.jsonl", core.time)
    secret = Path(webhook.secret_file).read_text(encoding="utf-8").strip()
    return WebhookCodeSender(url=webhook.url, secret=secret, time=core.time)


def pages_url(config: NetworkConfig) -> str:
    """What links begin with."""
    if config.pages.external_url is not None:
        return config.pages.external_url
    scheme = "http" if config.server.tls is None else "https"
    apart = config.pages.port is not None
    host = config.pages.host if apart else config.server.host
    port = config.pages.port if apart else config.server.port
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
