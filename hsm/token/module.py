"""Loads a PKCS#11 module so that threads may use it, and finds the token in it."""

import ctypes
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Self

import pkcs11

from hsm.errors import KeyStoreError, TokenAbsentError
from hsm.token.faults import name_of

CKF_OS_LOCKING_OK = 0x0000_0002
CKR_OK = 0x0000_0000
CKR_CANT_LOCK = 0x0000_000A
CKR_CRYPTOKI_NOT_INITIALIZED = 0x0000_0190

_IN_USE: set[str] = set()
_IN_USE_LOCK = threading.Lock()


class _InitializeArguments(ctypes.Structure):
    """CK_C_INITIALIZE_ARGS (PKCS#11 2.40 §3.7)."""

    _fields_ = (  # type: ignore[mutable-override]  # ctypes takes any sequence, read once
        ("CreateMutex", ctypes.c_void_p),
        ("DestroyMutex", ctypes.c_void_p),
        ("LockMutex", ctypes.c_void_p),
        ("UnlockMutex", ctypes.c_void_p),
        ("flags", ctypes.c_ulong),
        ("pReserved", ctypes.c_void_p),
    )


class Module:
    """A loaded module, initialised with CKF_OS_LOCKING_OK.

    python-pkcs11 calls C_Initialize(NULL), which promises the module that no two threads will call
    it at once, and then releases the GIL in every call: threads crash SoftHSM that way. So the
    module is finalised and initialised again with locking before anything is opened. The binding's
    function table stays valid, as dlopen gives the same handle for the same path.

    One process uses a module once: C_Initialize, login and C_Finalize are the application's, not a
    session's, so a second user would pull the rug from under the first.
    """

    def __init__(self, path: Path, *, environment: Mapping[str, Path], serialize: bool) -> None:
        """Load and initialise.

        Raises:
            TokenAbsentError: no such module, or it cannot be initialised.
            KeyStoreError: this process uses the module already.
        """
        self._path = str(path)
        self._serialize = serialize
        with _IN_USE_LOCK:
            if self._path in _IN_USE:
                raise KeyStoreError(
                    f"this process uses the module {path} already: close that key store first, "
                    "or start a signer of its own for the other token"
                )
            _IN_USE.add(self._path)
        try:
            # The module reads its configuration in C_Initialize, with getenv: putenv first.
            os.environ.update({name: str(value) for name, value in environment.items()})
            self._binding = pkcs11.lib(self._path)
            self._raw = ctypes.CDLL(self._path)
            self.initialise()
        except pkcs11.PKCS11Error as error:
            self.release()
            raise TokenAbsentError(
                f"the module {path} cannot be loaded ({name_of(error)}): check hsm.module, and "
                f"hsm.environment (now: {', '.join(environment) or 'nothing'}), for what the "
                "vendor's module wants there"
            ) from error
        except BaseException:
            self.release()
            raise

    def initialise(self) -> None:
        """C_Finalize and C_Initialize with locking. All sessions and the login are gone after.

        No other thread may be in the module meanwhile. C_Finalize may hang, and nothing in this
        process can help that: the parent kills the signer.

        Raises:
            TokenAbsentError: the module refused, which leaves it uninitialised; may be repeated.
        """
        code = self.call("C_Finalize", None)
        # Not initialised is what an attempt that failed leaves behind.
        if code not in (CKR_OK, CKR_CRYPTOKI_NOT_INITIALIZED):
            raise TokenAbsentError(f"{self._path}: C_Finalize answered 0x{code:08X}")
        arguments = _InitializeArguments(flags=CKF_OS_LOCKING_OK)
        code = self.call("C_Initialize", ctypes.byref(arguments))
        if code == CKR_CANT_LOCK:
            if not self._serialize:
                raise TokenAbsentError(
                    f"{self._path} cannot lock (CKR_CANT_LOCK), so two threads in it at once would "
                    "corrupt it: set hsm.serialize: true"
                )
            code = self.call("C_Initialize", None)
        if code != CKR_OK:
            raise TokenAbsentError(
                f"{self._path}: C_Initialize answered 0x{code:08X}; check the vendor's "
                "configuration, and that the device is connected"
            )

    def call(self, function: str, *arguments: object) -> int:
        """Call a function that the binding does not offer; gives its CK_RV."""
        foreign = getattr(self._raw, function)
        foreign.restype = ctypes.c_ulong
        return int(foreign(*arguments))

    def token(self, *, label: str | None, slot: int | None) -> pkcs11.Token:
        """Find the token, with fresh flags.

        Raises:
            TokenAbsentError: there is none, or more than one with that label; says what there is.
            pkcs11.PKCS11Error: the module failed.
        """
        present = self.tokens()
        if slot is not None:
            found = [token for token in present if token.slot.slot_id == slot]
            wanted = f"slot {slot}"
        else:
            found = [token for token in present if token.label == label]
            wanted = f"token labelled {label!r}"
        if len(found) == 1:
            return found[0]
        there = ", ".join(f"slot {token.slot.slot_id}: {token.label!r}" for token in present)
        if found:
            raise TokenAbsentError(
                f"{self._path} has {len(found)} tokens labelled {label!r} ({there}): "
                "name hsm.slot instead of hsm.token_label"
            )
        raise TokenAbsentError(
            f"{self._path} has no {wanted}; it has {there or 'no token at all'}: check "
            "hsm.token_label or hsm.slot, and that the device is connected"
        )

    def tokens(self) -> list[pkcs11.Token]:
        """Every token that is there and was initialised, with fresh flags."""
        tokens = []
        for slot in self._binding.get_slots(token_present=True):
            try:
                token = slot.get_token()
            except (pkcs11.TokenNotPresent, pkcs11.TokenNotRecognised):
                continue  # taken out since the list was made
            if token.flags & pkcs11.TokenFlag.TOKEN_INITIALIZED:
                tokens.append(token)
        return tokens

    def blank_slot(self) -> int | None:
        """Find a slot whose token was never initialised; a token that was is never returned."""
        for slot in self._binding.get_slots(token_present=True):
            if not slot.get_token().flags & pkcs11.TokenFlag.TOKEN_INITIALIZED:
                return slot.slot_id
        return None

    def initialise_blank_token(self, slot: int, *, so_pin: bytes, label: bytes) -> int:
        """C_InitToken, which the binding lacks; gives its CK_RV.

        It ERASES a token that is there: give it only what `blank_slot` found.

        Args:
            slot: the slot's id.
            so_pin: the security officer's PIN, UTF-8.
            label: 32 bytes, padded with blanks.
        """
        return self.call(
            "C_InitToken", ctypes.c_ulong(slot), so_pin, ctypes.c_ulong(len(so_pin)), label
        )

    def release(self) -> None:
        """Let this process use the module again. Does not finalise, which may hang."""
        with _IN_USE_LOCK:
            _IN_USE.discard(self._path)

    def __enter__(self) -> Self:
        """Use it for a while."""
        return self

    def __exit__(self, *_: object) -> None:
        """Release it."""
        self.release()
