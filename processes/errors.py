"""What can go wrong between processes."""


class ProcessError(Exception):
    """Base of this room's errors."""


class ChannelClosedError(ProcessError):
    """The other end is gone: it ended, was killed, or closed the channel."""


class FrameTooLargeError(ProcessError):
    """A frame is longer than the channel carries; the sender is broken or hostile."""


class ChildNotStartedError(ProcessError):
    """A process could not be started, or the one that it replaces does not end."""


class ConfinementError(ProcessError):
    """A restriction was demanded that this kernel or user cannot set up."""


class SignerLockedError(ChildNotStartedError):
    """The signer's service has no PIN yet: an operator hands it over after each start."""
