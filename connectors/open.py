"""Settings into connectors; each kind of place has its own."""

from connectors.amqp.settings import AMQPSettings
from connectors.folder.connector import FolderConnector, FolderSettings
from connectors.http.connector import HTTPConnector, HTTPSettings
from connectors.interfaces import Connector, Time
from connectors.s3.settings import S3Settings
from connectors.sftp.settings import SFTPSettings
from connectors.table.connector import TableConnector, TableSettings

Settings = FolderSettings | SFTPSettings | AMQPSettings | TableSettings | HTTPSettings | S3Settings


def open_connector(settings: Settings, *, time: Time) -> Connector:
    """The connector, to be entered. What speaks its protocol is loaded now."""
    match settings:
        case FolderSettings():
            return FolderConnector(settings, time=time)
        case SFTPSettings():
            from connectors.sftp.connector import SFTPConnector  # noqa: PLC0415 - for who has one

            return SFTPConnector(settings, time=time)
        case AMQPSettings():
            from connectors.amqp.connector import AMQPConnector  # noqa: PLC0415 - for who has one

            return AMQPConnector(settings)
        case TableSettings():
            return TableConnector(settings)
        case HTTPSettings():
            return HTTPConnector(settings)
        case S3Settings():
            from connectors.s3.connector import S3Connector  # noqa: PLC0415 - for who has one

            return S3Connector(settings)
