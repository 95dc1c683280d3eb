"""Which organisation a request is from: by its client certificate and its signature, both.

Requests are signed as RFC 9421 has it, with Ed25519: `keyid` is the organisation's id; `@method`,
`@target-uri` and, where there is a body, `content-digest` are covered; `created` is not far from
our clock, and `nonce` is new. Without TLS, on the machine itself, the signature alone counts.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from http_message_signatures.algorithms import ED25519
from sqlalchemy import Connection, delete, insert, select

from cloud_bridge.interfaces import Time
from cloud_bridge.key_pairs import signing_public, verify
from cloud_bridge.library_signature import Message, SignatureError, verified_by_the_library
from cloud_bridge.network.accounts.accounts import Accounts
from cloud_bridge.network.accounts.model import Account
from cloud_bridge.network.http.limits import Limits
from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.problems import (
    NotAuthenticatedProblem,
    ReplayProblem,
    RequestTimeProblem,
)
from cloud_bridge.network.store import schema
from cloud_bridge.network.store.moments import microseconds
from cloud_bridge.nonces import Nonces
from cloud_bridge.plain_signature import verified

SKEW_SECONDS: Final = 300
_KEY_ID: Final = re.compile(r';keyid="([^"]*)"')
_DIGEST: Final = re.compile(r"(?:^|[, ])sha-256=:([A-Za-z0-9+/]{43}=):")
_MOST_NONCE: Final = 100


class Access:
    """The door of everything that is for organisations."""

    def __init__(
        self,
        *,
        accounts: Accounts,
        lane: Lane,
        limits: Limits,
        time: Time,
        external_url: str | None,
        is_tls: bool,
    ) -> None:
        self._accounts = accounts
        self._lane = lane
        self._limits = limits
        self._time = time
        self._external_url = external_url
        self._is_tls = is_tls
        self._nonces = Nonces(longest_seconds=4 * SKEW_SECONDS)

    async def let_in(self, request: web.Request, *, once: bool) -> str:
        """The organisation that asks; found before the body is read, see `check_body`.

        Args:
            request: as it came.
            once: whether its nonce is to be remembered across restarts and by other nodes.

        Raises:
            NotAuthenticatedProblem, RequestTimeProblem, ReplayProblem: why it is nobody's.
            TooManyRequestsProblem: the organisation asks too often.
        """
        named = _KEY_ID.findall(request.headers.get("Signature-Input", ""))
        if len(named) != 1:
            raise NotAuthenticatedProblem("Signature-Input is missing, or names not one key id")
        account, parameters = await self._recognised(request, named[0])
        # First: what is one too many is not remembered, and may come again as it is.
        self._limits.take(account.organisation.id)
        nonce, until = self._fresh(account.organisation.id, parameters)
        if once:
            await self._use_for_good(account.organisation.id, nonce, until)
        return account.organisation.id

    async def _recognised(
        self, request: web.Request, organisation: str
    ) -> tuple[Account, Mapping[str, Any]]:
        account = await self._accounts.account(organisation)
        if account is None:
            raise NotAuthenticatedProblem(f"there is no organisation {organisation!r}")
        try:
            return account, self._proved(request, account)
        except NotAuthenticatedProblem:
            # Another node may know a newer key or certificate.
            newer = await self._accounts.account(organisation, fresh=True)
            if newer is None or newer == account:
                raise
            return newer, self._proved(request, newer)

    def _proved(self, request: web.Request, account: Account) -> Mapping[str, Any]:
        self._check_certificate(request, account)
        return self._verified(request, account)

    def _check_certificate(self, request: web.Request, account: Account) -> None:
        if not self._is_tls:
            return
        transport = request.transport
        tls = None if transport is None else transport.get_extra_info("ssl_object")
        certificate = None if tls is None else tls.getpeercert(binary_form=True)
        if certificate is None:
            raise NotAuthenticatedProblem("the connection has no client certificate")
        fingerprint = hashlib.sha256(certificate).hexdigest()
        if fingerprint not in account.certificates:
            raise NotAuthenticatedProblem(
                f"the client certificate with SHA-256 {fingerprint} is not one of "
                f"{account.organisation.id}"
            )

    def _verified(self, request: web.Request, account: Account) -> Mapping[str, Any]:
        required = ["@method", "@target-uri"]
        if request.can_read_body or "Content-Digest" in request.headers:
            required.append("content-digest")
        origin = self._external_url or f"{request.scheme}://{request.host}"
        url = f"{origin}{request.raw_path}"
        plain = verified(
            request.method,
            url,
            request.headers,
            key_id=account.organisation.id,
            algorithm="ed25519",
            check=lambda signature, base: verify(account.signing_key, base, signature),
        )
        if plain is not None and all(f'"{name}"' in plain.covered for name in required):
            return plain.parameters
        # Every other form that RFC 9421 allows, and the reason when it is none.
        try:
            return verified_by_the_library(
                Message(request.method, url, request.headers),
                key_id=account.organisation.id,
                key=signing_public(account.signing_key),
                algorithm=ED25519,
                required=required,
            ).parameters
        except (SignatureError, ValueError) as error:
            raise NotAuthenticatedProblem(
                f"the signature is not that of {account.organisation.id} over "
                f"{', '.join(required)}: {error}"
            ) from error

    def _fresh(self, organisation: str, parameters: Mapping[str, Any]) -> tuple[str, float]:
        now = self._time.now().timestamp()
        created, expires = parameters.get("created"), parameters.get("expires")
        if not isinstance(created, int) or abs(now - created) > SKEW_SECONDS:
            raise RequestTimeProblem(
                f"it was created at {created!r}, and it is {int(now)} here; {SKEW_SECONDS} s are "
                "borne"
            )
        if isinstance(expires, int) and now >= expires:
            raise RequestTimeProblem(f"it expired at {expires} by its own word")
        nonce = parameters.get("nonce")
        if not isinstance(nonce, str) or not 1 <= len(nonce) <= _MOST_NONCE:
            raise NotAuthenticatedProblem(f"it has no nonce of 1 to {_MOST_NONCE} characters")
        # Signed at the far end of the window, it can come again until twice the skew.
        until = now + 2 * SKEW_SECONDS
        if not self._nonces.use(organisation, nonce, until=until, now=now):
            raise ReplayProblem(f"nonce {nonce!r} was used before")
        return nonce, until

    async def _use_for_good(self, organisation: str, nonce: str, until: float) -> None:
        table, now = schema.nonce, microseconds(self._time.now())

        def work(connection: Connection) -> None:
            connection.execute(delete(table).where(table.c.expires_at <= now))
            own = {"organisation": organisation, "nonce": nonce}
            if connection.execute(select(table.c.nonce).filter_by(**own)).one_or_none():
                raise ReplayProblem(f"nonce {nonce!r} was used before")
            connection.execute(insert(table).values(**own, expires_at=int(until * 1_000_000)))

        await self._lane.write(work)


def check_body(request: web.Request, body: bytes) -> None:
    """The body is the one that was signed (RFC 9530); NotAuthenticatedProblem: it is not."""
    named = _DIGEST.search(request.headers.get("Content-Digest", ""))
    if named is None:
        if body:
            raise NotAuthenticatedProblem("the body has no Content-Digest with sha-256")
        return
    try:
        digest = base64.b64decode(named[1], validate=True)
    except binascii.Error as error:
        raise NotAuthenticatedProblem("Content-Digest is no base64") from error
    if hashlib.sha256(body).digest() != digest:
        raise NotAuthenticatedProblem("the body has another digest than Content-Digest says")
