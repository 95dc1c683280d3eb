"""The replicas of the HSM: whether each could take over."""

import sys
from collections.abc import Iterator

from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.cli.hsm.key_facts import ask_signer
from gateway.wiring.machine.launching import ask_pin
from hsm.config import HSMConfig
from hsm.errors import KeyRoomError, OtherKeysError, PinRefusedError
from hsm.interfaces import KeyDescription
from processes.errors import ProcessError


def check_replicas(config: HSMConfig, keys: tuple[KeyDescription, ...] | None) -> Iterator[Finding]:
    """Have each replica sign once with each key, as a signer does; its PIN is tried once.

    Args:
        config: the `hsm:` section.
        keys: of the first token; None while they are not known, and nothing can be compared.
    """
    if config.signer is not None:
        return  # their PINs are the signer's; `/readyz` and metrics say which could take over
    for name, token in zip(config.names[1:], config.tokens[1:], strict=True):
        yield _replica(f"HSM replica {name}", token, keys)


def _replica(part: str, token: HSMConfig, keys: tuple[KeyDescription, ...] | None) -> Finding:
    if token.pin.ask and not sys.stdin.isatty():
        return warning(
            part,
            "it was not tried, as the PIN is asked of an operator and nobody sits here",
            cure="Run the doctor at a terminal.",
        )
    try:
        ask_signer(token, pin=ask_pin(token), same_as=keys)
    except PinRefusedError as error:
        return failed(
            part,
            str(error),
            cure="Correct the PIN where the replica's `pin` says; do not try again before that.",
        )
    except OtherKeysError as error:
        return failed(
            part,
            str(error),
            cure="Copy the keys from the first token, or take it out of hsm.replicas.",
        )
    except (KeyRoomError, ProcessError) as error:
        # Sealing goes on; the next failure finds nobody to take over.
        return warning(
            part,
            f"it could not take over: {error}",
            cure="Look at the device with the vendor's own tool; it is taken back by itself.",
        )
    if keys is None:
        return warning(
            part,
            "it signs, but the first token was not there to compare keys with",
            cure="Bring the first token back, then run the doctor again.",
        )
    return ok(part, "holds the same keys, and signs with each")
