"""Which settings there are; each kind of place has its own."""

from connectors.amqp import AMQPSettings
from connectors.folder import FolderSettings
from connectors.http import HTTPSettings
from connectors.s3_settings import S3Settings
from connectors.sftp import SFTPSettings
from connectors.table import TableSettings

Settings = FolderSettings | SFTPSettings | AMQPSettings | TableSettings | HTTPSettings | S3Settings
