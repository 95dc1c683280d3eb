"""What can go wrong with the audit log."""


class AuditLogDamagedError(Exception):
    """What is on the disk does not fit the checkpoints that were signed. Nothing may be sealed."""


class OtherLogKeyError(Exception):
    """The token has another key than the log's. Nothing may be sealed until IT has put it right."""


class CheckpointInvalidError(Exception):
    """A checkpoint is not in C2SP form, or its signature is not by the log's key."""
