"""A keeper for tests: `python -m tests.unit.processes.keeping SOCKET`.

Its gateway is obedient to whoever listens at SOCKET, its signers are obedient to the gateway. While
the file SOCKET.full exists, the system has no room for a signer.
"""

import sys
from pathlib import Path

from processes.child import Child, start_child
from processes.errors import ChildNotStartedError
from processes.keeper import Keeper

OBEDIENT = "tests.unit.processes.obedient"


def start_signer() -> Child:
    if Path(f"{sys.argv[1]}.full").exists():
        raise ChildNotStartedError("no room")
    return start_child(OBEDIENT)


if __name__ == "__main__":
    keeper = Keeper(
        start_gateway=lambda: start_child(OBEDIENT, sys.argv[1]),
        start_signers=(start_signer, start_signer),
    )
    sys.exit(keeper.run())
