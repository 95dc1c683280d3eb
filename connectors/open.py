"""Settings into connectors; each kind of place has its own."""

from connectors.amqp import AMQPConnector, AMQPSettings
from connectors.folder import FolderConnector, FolderSettings
from connectors.interfaces import Connector, Time
from connectors.sftp import SFTPConnector, SFTPSettings

Settings = FolderSettings | SFTPSettings | AMQPSettings


def open_connector(settings: Settings, *, time: Time) -> Connector:
    """The connector, to be entered."""
    match settings:
        case FolderSettings():
            return FolderConnector(settings, time=time)
        case AMQPSettings():
            return AMQPConnector(settings)
        case SFTPSettings():
            return SFTPConnector(settings, time=time)
