"""Why there is no backup, or why one is not put back. Each sentence ends with the cure."""


class BackupError(Exception):
    """Base of what the commands tell in one line."""


class BackupFailedError(BackupError):
    """No backup could be made; nothing under its final name was left."""


class BackupRefusedError(BackupError):
    """The file is not what a gateway backed up, or not all of it. It must not be put back."""


class RestoreRefusedError(BackupError):
    """The backup may be good, but it does not belong here. Nothing was changed."""
