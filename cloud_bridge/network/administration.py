"""What the operator does with accounts: in the database itself, or through the process that runs.

One process owns the state directory. A command that changes accounts does so itself where none
runs; else it asks that one, over a socket in the state directory that only its owner reaches.
"""

import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

import aiohttp
import msgspec
from aiohttp import web

from cloud_bridge.interfaces import Time
from cloud_bridge.model import Level, Organisation, Person, Value, Verification
from cloud_bridge.network.accounts.accounts import Accounts
from cloud_bridge.network.accounts.model import Account
from cloud_bridge.network.config import NetworkConfig
from cloud_bridge.network.open import database_of, lane_of
from cloud_bridge.network.persons.id_tails import IdTails
from cloud_bridge.network.problems import MalformedProblem, NetworkProblem
from cloud_bridge.network.store.ownership import StateInUseError, sole_owner
from cloud_bridge.wire import NewPerson

_SOCKET: Final = "operator.sock"
_REFUSED: Final = 422


class AdministrationError(Exception):
    """The network would not do it; the message says why."""


class NewOrganisation(Value, frozen=True):
    """An organisation as the operator adds it; one of this id that is there is known anew.

    Attributes:
        certificates: SHA-256 of its client certificates, hex.
        revoke_others: whether those that it had before stop counting.
    """

    id: str
    name: str
    level: Level
    method: str
    expires_at: datetime
    signing_key: str
    certificates: tuple[str, ...] = ()
    revoke_others: bool = False


class VerifiedPerson(Value, frozen=True):
    """A person as the operator adds it, or knows it better.

    Attributes:
        id_tail: the last four characters of its identity number; empty: what is known stays.
    """

    name: str
    contact: str
    level: Level
    method: str
    expires_at: datetime
    id_tail: str = ""


class Administration(Protocol):
    """What the operator may change."""

    async def add_organisation(self, new: NewOrganisation) -> None:
        """Add it, or know it anew; its cards stay."""
        ...

    async def add_person(self, new: VerifiedPerson) -> Person:
        """Add it, or know it better."""
        ...


class LocalAdministration:
    """Implements `Administration` on the accounts themselves."""

    def __init__(self, accounts: Accounts, id_tails: IdTails, time: Time) -> None:
        self._accounts = accounts
        self._id_tails = id_tails
        self._time = time

    async def add_organisation(self, new: NewOrganisation) -> None:
        """See `Administration`."""
        told = Organisation(
            id=new.id,
            name=new.name,
            verification=self._verification(new.level, new.method, new.expires_at),
        )
        await self._accounts.add(
            Account(
                organisation=told,
                signing_key=new.signing_key,
                certificates=frozenset(new.certificates),
            ),
            revoke_others=new.revoke_others,
        )

    async def add_person(self, new: VerifiedPerson) -> Person:
        """See `Administration`."""
        person = await self._accounts.find_or_add(NewPerson(name=new.name, contact=new.contact))
        verification = self._verification(new.level, new.method, new.expires_at)
        if new.id_tail:
            await self._id_tails.keep(person.id, new.id_tail)
        await self._accounts.verified(person.id, verification)
        found = await self._accounts.person(person.id)
        assert found is not None  # noqa: S101 - it was just there, and persons stay
        return found

    def _verification(self, level: Level, method: str, until: datetime) -> Verification:
        return Verification(level=level, method=method, at=self._time.now(), expires_at=until)


class _RemoteAdministration:
    """Implements `Administration` over the socket of the process that runs."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def add_organisation(self, new: NewOrganisation) -> None:
        """See `Administration`."""
        await self._ask("/organisations", new)

    async def add_person(self, new: VerifiedPerson) -> Person:
        """See `Administration`."""
        return msgspec.json.decode(await self._ask("/persons", new), type=Person)

    async def _ask(self, path: str, body: object) -> bytes:
        try:
            async with self._session.post(
                f"http://network{path}", data=msgspec.json.encode(body)
            ) as answer:
                told = await answer.read()
        except aiohttp.ClientError as error:
            raise AdministrationError(
                f"the network process that runs does not answer: {error}"
            ) from error
        if answer.status == _REFUSED:
            raise AdministrationError(told.decode())
        answer.raise_for_status()
        return told


@contextlib.asynccontextmanager
async def administration(config: NetworkConfig, time: Time) -> AsyncIterator[Administration]:
    """For a command of the operator.

    Raises:
        AdministrationError: the network would not do it.
        SchemaNewerError: the database was written by a newer version.
        OSError: a file cannot be read.
    """
    async with contextlib.AsyncExitStack() as stack:
        try:
            stack.enter_context(sole_owner(config.state_directory))
        except StateInUseError:
            with _reached(config.state_directory) as path:
                session = aiohttp.ClientSession(connector=aiohttp.UnixConnector(path))
                async with session:
                    yield _RemoteAdministration(session)
            return
        lane = await stack.enter_async_context(lane_of(database_of(config)))
        try:
            yield LocalAdministration(Accounts(lane, time), IdTails(lane), time)
        except NetworkProblem as problem:
            raise AdministrationError(_told(problem)) from problem


def operator_routes(here: Administration) -> list[web.RouteDef]:
    """What is answered on the operator's socket."""

    async def add_organisation(request: web.Request) -> web.Response:
        new = msgspec.json.decode(await request.read(), type=NewOrganisation)
        try:
            await here.add_organisation(new)
        except NetworkProblem as problem:
            return web.Response(status=_REFUSED, text=_told(problem))
        return web.Response(status=204)

    async def add_person(request: web.Request) -> web.Response:
        new = msgspec.json.decode(await request.read(), type=VerifiedPerson)
        try:
            person = await here.add_person(new)
        except NetworkProblem as problem:
            return web.Response(status=_REFUSED, text=_told(problem))
        return web.Response(body=msgspec.json.encode(person))

    return [
        web.post("/organisations", add_organisation),
        web.post("/persons", add_person),
    ]


def _told(problem: NetworkProblem) -> str:
    """In a line; whoever types a command sends no request that could not be understood."""
    if isinstance(problem, MalformedProblem):
        return problem.detail
    return f"{problem.title}: {problem.detail}"


@contextlib.contextmanager
def operator_socket(config: NetworkConfig) -> Iterator[socket.socket]:
    """The socket that listens in the state directory, which is the caller's."""
    with (
        _reached(config.state_directory) as path,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening,
    ):
        Path(path).unlink(missing_ok=True)
        listening.bind(path)
        Path(path).chmod(0o600)
        yield listening


@contextlib.contextmanager
def _reached(directory: Path) -> Iterator[str]:
    """The socket's path, short however deep the directory is: a socket's address has 108 bytes."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{descriptor}/{_SOCKET}"
    finally:
        os.close(descriptor)
