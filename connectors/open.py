"""Settings into connectors; each kind of place has its own."""

from connectors.amqp_settings import AMQPSettings
from connectors.folder import FolderConnector, FolderSettings
from connectors.interfaces import Connector, Time
from connectors.sftp_settings import SFTPSettings

Settings = FolderSettings | SFTPSettings | AMQPSettings


def open_connector(settings: Settings, *, time: Time) -> Connector:
    """The connector, to be entered. What speaks its protocol is loaded now."""
    match settings:
        case FolderSettings():
            return FolderConnector(settings, time=time)
        case SFTPSettings():
            from connectors.sftp import SFTPConnector  # noqa: PLC0415 - for who has one

            return SFTPConnector(settings, time=time)
        case AMQPSettings():
            from connectors.amqp import AMQPConnector  # noqa: PLC0415 - for who has one

            return AMQPConnector(settings)
