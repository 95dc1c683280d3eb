"""Logging in: once with a PIN, and never again with one that was refused."""

import pkcs11

from hsm.errors import PIN_LOCKED, PinRefusedError
from hsm.pin import Pin
from hsm.token.faults import FAULT_OF, Fault, name_of

# For the life of the process, not of a key store: what matters is how often the token is asked.
_REFUSED: set[tuple[str, bytes]] = set()
_CURE = "correct it where hsm.pin says, then start the signer anew"


def log_in(
    token: pkcs11.Token, pin: Pin, *, read_write: bool = False, cure: str = _CURE
) -> pkcs11.Session:
    """Open the session that holds the login. Login state is the application's, not the session's.

    Closing this session logs the whole process out and invalidates every private key handle, so
    it is closed last. `cure` is what a refused PIN asks for.

    Raises:
        PinRefusedError: the token refused the PIN now, refused it before in this process, or says
            that one more wrong PIN would lock it.
        pkcs11.PKCS11Error: the token failed.
    """
    identity = (token.label, token.serial)
    if identity in _REFUSED:
        raise PinRefusedError(
            f"the PIN of token {token.label!r} was refused before and is not tried again: {cure}"
        )
    _refuse_near_the_lock(token)
    try:
        return token.open(rw=read_write, user_pin=pin.reveal())
    except pkcs11.UserAlreadyLoggedIn:
        # Somebody in this process is logged in already, which is all we want. The binding has
        # leaked the session that it opened for the attempt (python-pkcs11 #61).
        return token.open(rw=read_write)
    except pkcs11.PKCS11Error as error:
        if FAULT_OF.get(type(error)) is not Fault.PIN:
            raise
        _REFUSED.add(identity)
        if isinstance(error, pkcs11.PinLocked):
            raise PinRefusedError(
                f"token {token.label!r} {PIN_LOCKED} ({name_of(error)}): the security officer has "
                "to set a new one (C_InitPIN, with the vendor's tool)"
            ) from None
        raise PinRefusedError(
            f"token {token.label!r} refused the PIN ({name_of(error)}); it is not tried again, as "
            f"tokens lock after a few: {cure}"
        ) from None


def _refuse_near_the_lock(token: pkcs11.Token) -> None:
    # A supervisor may start us again and again with the same wrong PIN. The token counts along,
    # so the last try is left to a person.
    if token.flags & pkcs11.TokenFlag.USER_PIN_LOCKED:
        raise PinRefusedError(
            f"token {token.label!r} {PIN_LOCKED}: the security officer has to set a new one "
            "(C_InitPIN, with the vendor's tool)"
        )
    if token.flags & pkcs11.TokenFlag.USER_PIN_FINAL_TRY:
        raise PinRefusedError(
            f"token {token.label!r} says that one more wrong PIN locks it, so ours is not tried: "
            "log in once by hand with the right PIN (the vendor's tool), which resets the count"
        )
