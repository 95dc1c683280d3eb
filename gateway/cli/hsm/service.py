"""`sealgate hsm serve | unseal`: the signer as a service of its own, and its PIN after a start."""

import getpass
from typing import Annotated, TextIO

import msgspec
import typer

from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, configuration
from gateway.cli.terminal import err, fail, out
from gateway.wiring.machine.logs import write_json_logs
from gateway.wiring.machine.signer_service import hand_over
from gateway.wiring.machine.signer_service import serve as serve_signers
from hsm.config import HSMConfig, SignerServiceConfig


def serve(config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Run the signer as a service of its own until TERM or Ctrl-C stops it.

    It listens where `hsm.signer.socket` says and starts signers for the user that
    `hsm.signer.gateway_user` names, and for nobody else. Logs are JSON on standard error.
    """
    hsm = configuration(config).hsm
    service = _service(hsm)
    write_json_logs()
    try:
        code = serve_signers(hsm, service, config_file=config.absolute())
    except KeyError as unknown:
        raise fail(
            f"{unknown.args[0]}: make the user or group, or mend `hsm.signer` in {config}"
        ) from unknown
    except OSError as error:
        raise fail(
            f"no socket can be made: {error}; does its directory exist and belong to this user?"
        ) from error
    raise typer.Exit(code)


def unseal(
    token: Annotated[
        str | None, typer.Option(help="Only of this token, where several wait for theirs.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Hand the PIN to a signer's service after its start; nothing is stored.

    The PIN is asked for at the terminal, or read from standard input where that is none. It is
    tried at the token once: a wrong one counts against the token. With replicas it is asked for
    each token that waits for one, and read line by line. Exits 0 when the signer has its PIN, 1
    when one was refused, 2 when the service could not be asked.
    """
    hsm = configuration(config).hsm
    service = _service(hsm)
    if service.unseal_socket is None:
        raise fail("nothing to unseal: `hsm.pin` says where the signer finds its PIN by itself")
    waiting = [
        (number, name)
        for number, (name, each) in enumerate(zip(hsm.names, hsm.tokens, strict=True))
        if each.pin.ask and token in (None, name)
    ]
    if not waiting:
        raise fail(f"no token called {token!r} waits for a PIN: these are {', '.join(hsm.names)}")
    said = typer.get_text_stream("stdin")  # once: it reads ahead
    taken = [
        _handed_over(service, name, number, _pin(name, said), of=len(waiting))
        for number, name in waiting
    ]
    if not all(taken):
        raise typer.Exit(1)


def _handed_over(
    service: SignerServiceConfig, token: str, number: int, pin: str, *, of: int
) -> bool:
    try:
        answer = hand_over(service, pin, number)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise fail(
            f"the signer's service cannot be asked at {service.unseal_socket}: {error}. Is "
            f"sealgate-signer running, and are you root or in the group {service.operators!r}?"
        ) from error
    said = answer.message if of == 1 else f"{token}: {answer.message}"
    (out if answer.ok else err).print(said, markup=False)
    return answer.ok


def _service(hsm: HSMConfig) -> SignerServiceConfig:
    if hsm.signer is None:
        raise fail("`hsm.signer` is not configured: `sealgate serve` starts the signer by itself")
    return hsm.signer


def _pin(token: str, stdin: TextIO) -> str:
    if stdin.isatty():
        return getpass.getpass(f"PIN of token {token}: ")
    return stdin.readline().rstrip("\r\n")
