"""System calls that Python has no words for."""

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, *arguments: int) -> int:
    """Control this thread (prctl(2)); arguments that are not given are 0, as some options want."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    return int(_libc.prctl(ctypes.c_int(option), *map(ctypes.c_ulong, padded)))


def syscall(number: int, *arguments: int | bytes | None) -> int:
    """Make a system call that glibc has no function for (syscall(2))."""
    words = (ctypes.c_long(each) if isinstance(each, int) else each for each in arguments)
    return int(_libc.syscall(ctypes.c_long(number), *words))


def unshare(flags: int) -> int:
    """Leave namespaces behind; CLONE_* flags (unshare(2))."""
    return int(_libc.unshare(ctypes.c_int(flags)))


def capget(header: bytes, size: int) -> bytes:
    """Read the capabilities of this thread, in `size` bytes (capget(2))."""
    data = ctypes.create_string_buffer(size)
    checked(_libc.capget(header, data))
    return data.raw


def capset(header: bytes, data: bytes) -> None:
    """Set the capabilities of this thread (capset(2))."""
    checked(_libc.capset(header, data))


def mallopt(parameter: int, value: int) -> bool:
    """Set a parameter of glibc's allocator (mallopt(3)); False with a library that has none."""
    found = getattr(_libc, "mallopt", None)
    return found is not None and bool(found(ctypes.c_int(parameter), ctypes.c_int(value)))


def checked(result: int) -> int:
    """Give the result of a system call, or raise OSError with the errno that it left."""
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
