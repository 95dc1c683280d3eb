"""Which settings there are; each kind of place has its own."""

from connectors.amqp import AMQPSettings
from connectors.folder import FolderSettings
from connectors.sftp import SFTPSettings

Settings = FolderSettings | SFTPSettings | AMQPSettings
