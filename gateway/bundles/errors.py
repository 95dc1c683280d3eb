"""Why a bundle file is not made, signed or taken."""

from datetime import datetime


class BundleFileError(Exception):
    """It is no bundle file, or is damaged; the message says where."""


class BundleRefusedError(Exception):
    """It is a bundle, but must not come into force.

    Attributes:
        why: what is wrong with it.
        cure: what its officers can do.
    """

    def __init__(self, why: str, *, cure: str) -> None:
        super().__init__(f"{why}: {cure}")
        self.why = why
        self.cure = cure


class BundleFromTheFutureError(BundleRefusedError):
    """It must not come into force yet: by this machine's clock it was not built yet.

    Attributes:
        not_before: when it may be judged again.
    """

    def __init__(self, not_before: datetime, why: str, *, cure: str) -> None:
        super().__init__(why, cure=cure)
        self.not_before = not_before


class BundleNotBuiltError(Exception):
    """A directory cannot become a bundle; the message has the cure."""


class NotWhatItSaysError(Exception):
    """What would decide is not what the sources say. It is not signed."""
