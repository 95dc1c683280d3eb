"""The log's key as this installation's token has it, before a backup is put back."""

import sys
from dataclasses import dataclass

from gateway.audit.checkpoint import LogKey
from gateway.audit.token_key import checkpoint_key, key_on_token
from gateway.cli.hsm.key_facts import ask_signer
from gateway.cli.hsm.keys_alone import alone
from gateway.config import Config
from gateway.wiring.machine.launching import ask_pin
from hsm.errors import KeyRoomError
from processes.errors import ProcessError


@dataclass(frozen=True, slots=True)
class Asked:
    """What the token said.

    Attributes:
        key: what it signs tree heads with; None: it could not be asked.
        why_not: then the reason.
    """

    key: LogKey | None
    why_not: str = ""


def ask_token(config: Config) -> Asked:
    """Ask it once, by a signer of our own that has no other key.

    The PIN may be a credential of a service that does not run yet: then nobody is asked.
    """
    (wanted,) = (each for each in config.hsm.keys if each.id == checkpoint_key(config.hsm))
    only = alone(config.hsm, wanted)
    if only.pin.ask and not sys.stdin.isatty():
        return Asked(None, "the PIN is asked of an operator, and nobody sits here")
    try:
        keys = ask_signer(only, pin=ask_pin(only))
    except (KeyRoomError, ProcessError) as error:
        return Asked(None, str(error))
    return Asked(key_on_token(keys, name=wanted.id, origin=config.audit.origin))
