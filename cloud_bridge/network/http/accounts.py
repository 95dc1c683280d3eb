"""Accounts over HTTP: the network's identity, cards, organisations, persons, webhooks."""

import msgspec
from aiohttp import web

from cloud_bridge.model import Organisation, Person, SignedCard
from cloud_bridge.network.accounts.accounts import Accounts, masked
from cloud_bridge.network.accounts.model import Organisations
from cloud_bridge.network.http.answers import asked, told
from cloud_bridge.network.http.routes import ORGANISATION, Route
from cloud_bridge.network.problems import AccountUnknownProblem, MalformedProblem
from cloud_bridge.network.webhooks.model import NewWebhook, Webhook, Webhooks
from cloud_bridge.network.webhooks.webhooks import Webhooks as WebhookBook
from cloud_bridge.wire import NetworkIdentity, NewPerson


class Directory:
    """Who is on the network, and what each organisation tells of itself."""

    def __init__(
        self, *, identity: NetworkIdentity, accounts: Accounts, webhooks: WebhookBook
    ) -> None:
        self._identity = identity
        self._accounts = accounts
        self._webhooks = webhooks

    def routes(self) -> tuple[Route, ...]:
        """See `Route`."""
        return (
            Route(
                "GET", "/v1/identity", self._who, "identity", who="anyone",
                summary="Who the network is. Compare the key with the one that you were given.",
                gives=NetworkIdentity,
            ),
            Route(
                "PUT", "/v1/card", self._publish, "card.publish",
                summary="Publish the organisation's card; its key signs requests from now on.",
                takes=SignedCard,
            ),
            Route(
                "GET", "/v1/organisations/{id}", self._organisation, "organisation",
                summary="An organisation by its id.", gives=Organisation,
            ),
            Route(
                "GET", "/v1/organisations", self._organisations, "organisations", query=("name",),
                summary="Organisations by their legal name.", gives=Organisations,
            ),
            Route(
                "POST", "/v1/persons", self._person_of, "person.find",
                summary="The person of a contact and name: there already, or from now on.",
                takes=NewPerson, gives=Person,
            ),
            Route(
                "GET", "/v1/persons/{id}", self._person, "person",
                summary="A person; the contact is masked.", gives=Person,
            ),
            Route(
                "POST", "/v1/webhooks", self._add, "webhook.add", once=True,
                summary="Be called when something comes into the feed. The same address again is "
                "the same webhook, turned on.",
                takes=NewWebhook, gives=Webhook,
            ),
            Route(
                "GET", "/v1/webhooks", self._webhooks_of, "webhook.list",
                summary="The organisation's webhooks.", gives=Webhooks,
            ),
            Route(
                "DELETE", "/v1/webhooks/{id}", self._remove, "webhook.remove",
                summary="Be called there no more.",
            ),
        )  # fmt: skip

    async def _who(self, _request: web.Request) -> web.Response:
        return told(self._identity)

    async def _publish(self, request: web.Request) -> web.Response:
        await self._accounts.publish(request[ORGANISATION], asked(request, SignedCard))
        return web.Response(status=204)

    async def _organisation(self, request: web.Request) -> web.Response:
        return told(await self._accounts.organisation(request.match_info["id"]))

    async def _organisations(self, request: web.Request) -> web.Response:
        name = request.query.get("name")
        if not name:
            raise MalformedProblem("say which `name`")
        return told(Organisations(organisations=await self._accounts.organisations(name)))

    async def _person_of(self, request: web.Request) -> web.Response:
        return told(_masked(await self._accounts.find_or_add(asked(request, NewPerson))))

    async def _person(self, request: web.Request) -> web.Response:
        person = await self._accounts.person(request.match_info["id"])
        if person is None:
            raise AccountUnknownProblem(f"there is no person {request.match_info['id']!r}")
        return told(_masked(person))

    async def _add(self, request: web.Request) -> web.Response:
        url = asked(request, NewWebhook).url
        return told(await self._webhooks.add(request[ORGANISATION], url), status=201)

    async def _webhooks_of(self, request: web.Request) -> web.Response:
        return told(Webhooks(webhooks=await self._webhooks.listing(request[ORGANISATION])))

    async def _remove(self, request: web.Request) -> web.Response:
        await self._webhooks.remove(request[ORGANISATION], request.match_info["id"])
        return web.Response(status=204)


def _masked(person: Person) -> Person:
    return msgspec.structs.replace(person, contact=masked(person.contact))
