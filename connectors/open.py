"""Settings into connectors; each kind of place has its own."""

from connectors.amqp import AMQPConnector, AMQPSettings
from connectors.folder import FolderConnector, FolderSettings
from connectors.http import HTTPConnector, HTTPSettings
from connectors.interfaces import Connector, Time
from connectors.s3 import S3Connector
from connectors.s3_settings import S3Settings
from connectors.sftp import SFTPConnector, SFTPSettings
from connectors.table import TableConnector, TableSettings

Settings = FolderSettings | SFTPSettings | AMQPSettings | TableSettings | HTTPSettings | S3Settings


def open_connector(settings: Settings, *, time: Time) -> Connector:
    """The connector, to be entered."""
    match settings:
        case FolderSettings():
            return FolderConnector(settings, time=time)
        case SFTPSettings():
            return SFTPConnector(settings, time=time)
        case AMQPSettings():
            return AMQPConnector(settings)
        case TableSettings():
            return TableConnector(settings)
        case HTTPSettings():
            return HTTPConnector(settings)
        case S3Settings():
            return S3Connector(settings)
