"""What lies ready at connectors' places, for batches whose manifest names it."""

from collections.abc import Callable

from connectors.errors import ConnectorAwayError, TooLargeError
from connectors.interfaces import Stock
from gateway.declarations.agreement import disagreement
from gateway.feeds.errors import FilesFromAwayProblem, FilesFromUnknownProblem
from gateway.seals.in_force import InForce
from policies.model import Caller


class Stocks:
    """The connectors that it was told of."""

    def __init__(self, *, in_force: Callable[[], InForce]) -> None:
        self._in_force = in_force
        self._known: dict[str, tuple[str, Stock]] = {}

    def know(self, connector: str, stock: Stock, *, speaks_for: str) -> None:
        """A connector where documents can lie ready, and its system."""
        self._known[connector] = speaks_for, stock

    def prove(self, connector: str, caller: Caller) -> None:
        """Prove that a caller may name what lies there.

        Raises:
            FilesFromUnknownProblem: it may not.
        """
        speaks_for, _ = self._known.get(connector, ("", None))
        if speaks_for != caller.system:
            raise FilesFromUnknownProblem(
                f"no connector {connector!r} has documents ready for the system {caller.system!r}"
            )
        systems = self._in_force().bundle.systems
        why = disagreement(connector, speaks_for=caller.system, systems=systems)
        if why is not None:
            raise FilesFromUnknownProblem(why)

    async def document(self, connector: str, name: str, *, most_bytes: int) -> bytes | None:
        """The content of what lies there under a name that is sound; None: nothing does.

        Raises:
            FilesFromAwayProblem: the place cannot be reached now.
            TooLargeError: it has more bytes.
        """
        _, stock = self._known[connector]
        try:
            return await stock.lying_ready(name, most_bytes=most_bytes)
        except TooLargeError:
            raise
        except ConnectorAwayError as error:
            raise FilesFromAwayProblem(
                f"connector {connector!r} does not answer: {error}"
            ) from error
