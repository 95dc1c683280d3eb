"""Why a connector cannot do it."""


class ConnectorError(Exception):
    """Base; the message says what, where and what to do, and holds no secret."""


class ConnectorAwayError(ConnectorError):
    """The place cannot be reached or does not answer now; to be tried again."""


class DeliveryRefusedError(ConnectorError):
    """The place will never take this delivery, however often it is tried."""


class PlaceUnfitError(ConnectorAwayError):
    """The place is there and is not as the settings say: one of the two must change."""
