"""Why a connector cannot do it."""


class ConnectorError(Exception):
    """Base; the message says what, where and what to do, and holds no secret."""


class ConnectorAwayError(ConnectorError):
    """The place cannot be reached or does not answer now; to be tried again."""


class DeliveryRefusedError(ConnectorError):
    """The place will never take this delivery, however often it is tried."""


class TooLargeError(Exception):
    """It has more bytes than are allowed."""


class SettingsUnfitError(ValueError):
    """Settings that contradict themselves or would weaken the connector.

    Attributes:
        message: what is wrong.
        cure: what to write instead.
    """

    def __init__(self, message: str, cure: str) -> None:
        super().__init__(f"{message}; {cure}")
        self.message = message
        self.cure = cure


class PlaceUnfitError(ConnectorAwayError):
    """The place is there and is not as the settings say: one of the two must change."""
