"""A folder of an SFTP server, with the manners of a watched folder."""

import asyncio
import contextlib
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import asyncssh

from connectors.files.arrivals import Wanted
from connectors.files.connector import FileConnector
from connectors.files.intake import FileIntake
from connectors.files.results import FileResults
from connectors.interfaces import Time
from connectors.secret_files import first_line
from connectors.sftp.settings import SFTPSettings
from connectors.sftp.tree import SFTPTree, asked


class SFTPConnector(FileConnector):
    """Implements `connectors.interfaces.Connector`; one connection, made anew when it broke."""

    def __init__(self, settings: SFTPSettings, *, time: Time) -> None:
        super().__init__(
            settings.name,
            f"sftp://{settings.host}:{settings.port}{settings.path}",
            intake=FileIntake(
                Wanted(settings.suffixes, settings.beside),
                settle_seconds=settings.settle_seconds,
                max_bytes=settings.max_bytes,
                time=time,
            ),
            results=FileResults(with_json=settings.beside == "json"),
        )
        self._settings = settings
        self._loop: asyncio.AbstractEventLoop | None = None
        self._connecting = asyncio.Lock()
        self._connection: asyncssh.SSHClientConnection | None = None
        self._client: asyncssh.SFTPClient | None = None

    async def __aenter__(self) -> Self:
        """See `Connector`: the first errand connects."""
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(self, *error: object) -> None:
        """See `Connector`."""
        self._disconnect()
        await super().__aexit__(*error)

    @contextlib.contextmanager
    def tree(self) -> Iterator[SFTPTree]:
        """See `FileConnector`."""
        loop, seconds = self._loop, self._settings.timeout_seconds
        if loop is None:
            raise OSError(errno.ENOTCONN, "the connector was not entered")
        client = asked(self._connected(), loop, 2 * seconds)
        try:
            yield SFTPTree(client, loop, self._settings.path.rstrip("/"), seconds)
        except FileNotFoundError:
            raise
        except OSError:
            # Whatever it was, the next errand begins with a connection that works.
            loop.call_soon_threadsafe(self._disconnect)
            raise

    async def _connected(self) -> asyncssh.SFTPClient:
        async with self._connecting:
            if self._client is None:
                self._connection = await self._connect()
                self._client = await self._connection.start_sftp_client(path_encoding=None)
            return self._client

    async def _connect(self) -> asyncssh.SSHClientConnection:
        settings = self._settings
        known: dict[str, Any] = {
            "known_hosts": str(settings.known_hosts),
            "client_keys": None if settings.key_file is None else [str(settings.key_file)],
            "password": await asyncio.to_thread(_password, settings.password_file),
        }
        try:
            return await asyncssh.connect(
                settings.host,
                settings.port,
                username=settings.user,
                # Nothing of the machine's user: no agent, no configuration, no other keys.
                config=None,
                agent_path=None,
                connect_timeout=settings.timeout_seconds,
                login_timeout=settings.timeout_seconds,
                keepalive_interval=15,
                **known,
            )
        except asyncssh.HostKeyNotVerifiable as error:
            raise OSError(
                errno.EACCES,
                f"the server's key is not the one in {settings.known_hosts}: {error.reason}",
            ) from error
        except (asyncssh.KeyImportError, ValueError) as error:
            raise OSError(errno.EINVAL, f"a key or password file is wrong: {error}") from error

    def _disconnect(self) -> None:
        connection, self._connection, self._client = self._connection, None, None
        if connection is not None:
            connection.abort()


def _password(file: Path | None) -> str | None:
    return None if file is None else first_line(file)
