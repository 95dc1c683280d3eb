"""What a service tells the supervisor that started it (sd_notify(3)): ready, alive, stopping."""

import asyncio
import os
import socket
from collections.abc import Mapping

_SOCKET, _WATCHDOG = "NOTIFY_SOCKET", "WATCHDOG_USEC"


def supervision() -> Mapping[str, str]:
    """What a child needs to tell the supervisor for us; empty where there is none."""
    return {name: os.environ[name] for name in (_SOCKET, _WATCHDOG) if name in os.environ}


def notify(state: str) -> None:
    """Tell it, `READY=1` for example. Without a supervisor nothing happens.

    A supervisor that does not listen is no reason to stop: it ends us by itself if it minds.
    """
    address = os.environ.get(_SOCKET, "")
    if not address:
        return
    if address.startswith("@"):
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK) as channel:
        try:
            channel.sendto(state.encode(), address)
        except OSError:
            return


async def keep_telling_that_we_live() -> None:
    """Tell it as often as it wants to hear it, for as long as the event loop turns.

    An event loop that stands still says nothing, and is restarted.
    """
    interval = int(os.environ.get(_WATCHDOG, "0")) / 1_000_000
    while interval > 0:
        notify("WATCHDOG=1")
        await asyncio.sleep(interval / 3)
