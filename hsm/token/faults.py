"""Which answer of a token means what, and what may help (docs/hsm.md)."""

import enum
from types import MappingProxyType

from pkcs11 import exceptions as p11


class Fault(enum.Enum):
    """What may help after an error."""

    RETRY = enum.auto()
    """This session or handle is spoilt: once more, on another session."""
    RELOAD = enum.auto()
    """Token or module lost its state: finalise and initialise again, at most now and then."""
    PERMANENT = enum.auto()
    """It will fail again the same way: tell the caller."""
    PIN = enum.auto()
    """The PIN was refused: stop at once, each further try brings the token nearer its lock."""


# The reload row follows thin-edge.io (PR #4353), which learned it in the field.
_FAULTS: MappingProxyType[Fault, tuple[type[p11.PKCS11Error], ...]] = MappingProxyType(
    {
        Fault.RETRY: (
            p11.OperationActive,  # an earlier error left it open, and 2.x has no cancel
            p11.OperationNotInitialized,
            p11.ObjectHandleInvalid,
            p11.KeyHandleInvalid,
            # Every key was found at start, so one that is missing later went with its token. A
            # fresh session that cannot find it either leads on to a reload.
            p11.NoSuchKey,
            p11.FunctionFailed,
            p11.FunctionCancelled,
            p11.HostMemory,
            p11.DeviceMemory,
            p11.SessionCount,
        ),
        Fault.RELOAD: (
            p11.GeneralError,
            p11.DeviceError,
            p11.DeviceRemoved,
            p11.TokenNotPresent,
            p11.TokenNotRecognised,
            p11.NoSuchToken,
            p11.SlotIDInvalid,
            p11.SessionHandleInvalid,
            p11.SessionClosed,
            p11.UserNotLoggedIn,
        ),
        Fault.PIN: (
            p11.PinExpired,
            p11.PinIncorrect,
            p11.PinInvalid,
            p11.PinLenRange,
            p11.PinLocked,
            p11.PinTooWeak,
            p11.UserPinNotInitialized,
        ),
    }
)

FAULT_OF: MappingProxyType[type[p11.PKCS11Error], Fault] = MappingProxyType(
    {error: fault for fault, errors in _FAULTS.items() for error in errors}
)


def fault_of(error: p11.PKCS11Error) -> Fault:
    """Classify an error of the binding.

    What the binding has no class for is CKR_CRYPTOKI_NOT_INITIALIZED and the vendor's own codes;
    a reload cures the first and is the most that can be done about the others. Everything else
    that the table does not name is a wrong argument, mechanism or attribute: permanent.
    """
    if type(error) is p11.PKCS11Error:
        return Fault.RELOAD
    return FAULT_OF.get(type(error), Fault.PERMANENT)


def name_of(error: p11.PKCS11Error) -> str:
    """Say the error for people: the binding's errors seldom carry a text of their own."""
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
