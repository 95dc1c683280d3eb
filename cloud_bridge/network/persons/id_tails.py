"""The end of a person's identity number, which the operator saw: kept only as a salted hash."""

import asyncio
import hashlib
import hmac
import re
import secrets
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from cloud_bridge.network.interfaces import Lane
from cloud_bridge.network.problems import MalformedProblem
from cloud_bridge.network.store import schema

_TAIL: Final = re.compile(r"[0-9A-Z]{4}")
_SALT_BYTES: Final = 16


class IdTails:
    """Keeps ends of identity numbers, and holds what is entered against them.

    Four characters have few values, so the hash is a slow one (scrypt); whoever has the database
    can guess them all the same.
    """

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    async def keep(self, account: str, tail: str) -> None:
        """From now on this is the account's; MalformedProblem: it is no end of a number."""
        plain = _plain(tail)
        if not _TAIL.fullmatch(plain):
            raise MalformedProblem("the end of an identity number is four digits or letters")
        salt = secrets.token_bytes(_SALT_BYTES)
        digest = await asyncio.to_thread(_digest, plain, salt)
        table = schema.id_tail

        def work(connection: Connection) -> None:
            connection.execute(delete(table).where(table.c.account == account))
            connection.execute(insert(table).values(account=account, salt=salt, digest=digest))

        await self._lane.write(work)

    async def matches(self, account: str, tail: str) -> bool:
        """Whether it is the account's. Of an account without one the answer takes as long."""
        question = select(schema.id_tail).where(schema.id_tail.c.account == account)
        row = await self._lane.read(lambda connection: connection.execute(question).one_or_none())
        salt = bytes(_SALT_BYTES) if row is None else row.salt
        given = await asyncio.to_thread(_digest, _plain(tail), salt)
        known = bytes(len(given)) if row is None else row.digest
        return hmac.compare_digest(given, known) and row is not None


def _plain(tail: str) -> str:
    return "".join(tail.split()).upper()


def _digest(tail: str, salt: bytes) -> bytes:
    return hashlib.scrypt(tail.encode(), salt=salt, n=1 << 14, r=8, p=1, dklen=32)
