"""What the network answers while a caller waits."""

from collections.abc import Awaitable
from typing import TypeVar

from cloud_bridge.errors import (
    NetworkAwayError,
    NetworkError,
    NetworkRefusedError,
    WayTooNarrowError,
)
from gateway.envelopes.carriage.errors import BridgeAwayProblem, WayTooNarrowProblem
from gateway.envelopes.errors import NetworkRefusesProblem

T = TypeVar("T")


async def answered(answer: Awaitable[T]) -> T:
    """What the network answers at once; its errors as problems."""
    try:
        return await answer
    except WayTooNarrowError as narrow:
        raise WayTooNarrowProblem(str(narrow)) from narrow
    except NetworkAwayError as away:
        raise BridgeAwayProblem(away.why) from away
    except NetworkRefusedError as refused:
        raise NetworkRefusesProblem(str(refused)) from refused
    except NetworkError as error:
        raise NetworkRefusesProblem(str(error)) from error
