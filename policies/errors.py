"""What can go wrong in the policy room."""


class PolicyError(Exception):
    """Base of the policy room's errors."""


class GrantRefusedError(PolicyError):
    """The signer will not redeem this grant; the message says why."""


class ConditionError(PolicyError):
    """A condition could not be evaluated; the message is the engine's own, on one line."""


class NaiveMomentError(PolicyError):
    """A moment without a time zone was given, so nobody knows when it is."""


class CompiledFormError(PolicyError):
    """Bytes are no compiled bundle, or that of a version that this one does not know."""
