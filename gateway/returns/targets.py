"""Who is told of what, asked once for every sealed document."""

from collections.abc import Iterable
from threading import Lock

from gateway.returns.model import EventType, Target

_Asked = tuple[EventType, str, str | None, str]


class TargetBook:
    """All targets. Answers are kept, as there are few kinds of events and many of each.

    What is read on the writer lane's thread and changed on the event loop is swapped whole.
    """

    def __init__(self, targets: Iterable[Target] = (), *, keep_all: bool = False) -> None:
        """Make it.

        Args:
            targets: all of them, each with a name of its own.
            keep_all: whether events are kept that no target wants, for systems that come and read.
        """
        self.targets = {target.name: target for target in targets}
        self._keep_all = keep_all
        self._stopped: frozenset[str] = frozenset()
        self._changing = Lock()
        self._told: dict[_Asked, tuple[str, ...]] = {}
        self._wanted: dict[_Asked, bool] = {}

    @property
    def stopped(self) -> frozenset[str]:
        """Those that get no new deliveries; what they want is kept for them."""
        return self._stopped

    def stop(self, name: str) -> None:
        """Owe it nothing more for now."""
        with self._changing:
            self._put_stopped(self._stopped | {name})

    def resume(self, name: str) -> None:
        """Owe it again what it wants."""
        with self._changing:
            self._put_stopped(self._stopped - {name})

    def is_kept(
        self, event_type: EventType, system: str, document_type: str | None, source: str
    ) -> bool:
        """Whether such an event is written down at all."""
        asked = (event_type, system, document_type, source)
        known = self._wanted.get(asked)
        if known is None:
            known = self._keep_all or any(each.wants(*asked) for each in self.targets.values())
            self._wanted[asked] = known
        return known

    def told(
        self, event_type: EventType, system: str, document_type: str | None, source: str
    ) -> tuple[str, ...]:
        """The names of those who are owed such an event now."""
        asked = (event_type, system, document_type, source)
        told = self._told
        known = told.get(asked)
        if known is None:
            stopped = self._stopped
            known = told[asked] = tuple(
                each.name
                for each in self.targets.values()
                if each.name not in stopped and each.wants(*asked)
            )
        return known

    def _put_stopped(self, stopped: frozenset[str]) -> None:
        self._stopped = stopped
        self._told = {}
