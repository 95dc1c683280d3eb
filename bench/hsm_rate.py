"""Raw signatures a second: the limit that no gateway in front of this token can pass.

No software check, no DER, no grant: C_SignInit and C_Sign in a loop, as many sessions as the
setting says. `python -m bench.hsm_rate` is the measuring process.
"""

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pkcs11
from pkcs11.types import SignMixin

from bench.measuring import answer, measure, wait_until
from bench.token import hsm_of, key_of, open_token
from hsm.token.mechanisms import RULES

_DIGEST_BYTES = 32
_SIGNATURE_BYTES = 512


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """How many processes ask the token, each from how many threads with a session each."""

    processes: int
    threads: int


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What one process does."""

    config_file: str
    key: str
    threads: int
    seconds: float


def settings(cores: int) -> tuple[Setting, ...]:
    """The settings that are tried: threads alone, processes alone, and both."""
    return (
        Setting(processes=1, threads=cores),
        Setting(processes=1, threads=2 * cores),
        Setting(processes=cores, threads=1),
        Setting(processes=cores, threads=2),
    )


def hsm_rate(config_file: Path, key: str, setting: Setting, *, seconds: float) -> float:
    """Signatures a second with this setting."""
    task = Task(config_file=str(config_file), key=key, threads=setting.threads, seconds=seconds)
    counts = measure("bench.hsm_rate", [task] * setting.processes, int)
    return sum(counts) / seconds


def _prepare(task: Task) -> Callable[[float], int]:
    hsm = hsm_of(Path(task.config_file))
    key = key_of(hsm, task.key)
    rules = RULES[key.mechanism]
    stack = ExitStack()
    token = stack.enter_context(open_token(hsm))
    handles = [_handle(token, key.label) for _ in range(task.threads)]

    def sign_until(handle: SignMixin, begin: float) -> int:
        signed = rules.prefix + secrets.token_bytes(_DIGEST_BYTES)
        end = begin + task.seconds
        count = 0
        wait_until(begin)
        while time.monotonic() < end:
            handle.sign(
                signed,
                mechanism=rules.raw,
                mechanism_param=rules.parameter,
                buffer_size=_SIGNATURE_BYTES,
            )
            count += 1
        return count

    def run(begin: float) -> int:
        with stack, ThreadPoolExecutor(task.threads) as threads:
            return sum(threads.map(lambda handle: sign_until(handle, begin), handles))

    return run


def _handle(token: pkcs11.Token, label: str) -> SignMixin:
    handle = token.open().get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=label)
    if not isinstance(handle, SignMixin):
        raise TypeError(f"the key {label!r} may not sign")
    return handle


if __name__ == "__main__":
    answer(Task, _prepare)
