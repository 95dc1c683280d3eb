"""What feeds keep of what came. All frozen."""

import msgspec


class Brought(msgspec.Struct, frozen=True, kw_only=True):
    """What a connector brought for one batch.

    Attributes:
        items: for each item, the id of what it came from; None: of nothing, such as a row of a
            manifest whose file is not there.
        manifest: the id of the manifest that lists them, if one does.
        name: under which the results of the whole are told.
    """

    items: tuple[str | None, ...]
    manifest: str | None = None
    name: str = ""


class FeedStanding(msgspec.Struct, kw_only=True):
    """How a feed is doing, for the log, metrics and whoever asks.

    Attributes:
        away: why what cannot be done now, `fetching` or `delivering`.
        refused: why nothing is fetched; None where the officers agree.
        taken: documents handed over since the start.
        delivered: results delivered since the start.
    """

    away: dict[str, str] = msgspec.field(default_factory=dict)
    refused: str | None = None
    taken: int = 0
    delivered: int = 0

    @property
    def works(self) -> bool:
        """Whether all can be done."""
        return not self.away and self.refused is None
