"""`sealgate serve`: the keeper starts the gateway, and signers when the gateway asks for them.

Where the signer is a service of its own there is nothing to keep, and we become the gateway.
"""

import getpass
from functools import partial
from pathlib import Path

import structlog

from gateway.config import Config, load_config
from hsm.config import HSMConfig
from hsm.wire import PROTOCOL, SetUp, encode
from processes.channel import framed
from processes.child import Child, become_child, start_child
from processes.confinement import forbid_inspection
from processes.errors import ChildNotStartedError
from processes.keeper import Keeper
from processes.notifying import supervision
from strictyaml import MistakesError

_log = structlog.get_logger("signer")


def launch(
    config: Config, config_file: Path, *, gateway: tuple[str, ...] = ("gateway.wiring.process",)
) -> int:
    """Serve until TERM or INT; gives the exit code.

    Args:
        config: as it was read.
        config_file: where from.
        gateway: the gateway's module and what it is told besides; `make profile` has its own.
    """
    # A PIN that was asked for stays here for the signer's next start, and nobody may look.
    forbid_inspection()
    if config.hsm.signer is not None:
        become_child(gateway[0], str(config_file), *gateway[1:], environment=supervision())
    signers = [
        partial(_start_with_present_keys, config_file, token, ask_pin(token))
        for token in config.hsm.tokens
    ]
    return Keeper(
        start_gateway=lambda: start_child(gateway[0], str(config_file), *gateway[1:]),
        start_signers=signers,
    ).run()


def with_present_keys(token: HSMConfig, config_file: Path) -> HSMConfig:
    """The token with the keys that config.yaml names now; else those that it was started with.

    A key that was made, or retired, needs a new signer and no new gateway.
    """
    try:
        keys = load_config(config_file).hsm.keys
    except (MistakesError, OSError) as error:
        _log.error("keys_as_they_were", why=str(error), cure="correct the file")
        return token
    return token.model_copy(update={"keys": keys})


def _start_with_present_keys(config_file: Path, token: HSMConfig, pin: str | None) -> Child:
    return start_signer(with_present_keys(token, config_file), pin)


def ask_pin(config: HSMConfig) -> str | None:
    """The PIN from the operator where the configuration says so, else None. Kept by the keeper."""
    if not config.pin.ask:
        return None
    return getpass.getpass(f"PIN of token {config.token_label or config.slot}: ")


def start_signer(config: HSMConfig, pin: str | None) -> Child:
    """A signer process that has its set-up waiting in the channel.

    Raises:
        ChildNotStartedError: the system has no room for it, or it ended at once.
    """
    child = start_child(
        "hsm.signer", environment={name: str(path) for name, path in config.environment.items()}
    )
    setup = SetUp(protocol=PROTOCOL, config=config.in_use.model_dump_json().encode(), pin=pin)
    try:
        child.socket.sendall(framed(encode(setup)))
    except OSError as error:
        child.socket.close()
        child.kill()
        raise ChildNotStartedError(f"the signer ended at once: {error}") from error
    return child
