"""The HSM: module, PIN, token and keys, by starting a signer once."""

import sys
from collections.abc import Iterator

from gateway.cli.doctor.model import Finding, failed, ok, warning
from gateway.cli.doctor.signer_service import check_signer_service
from gateway.cli.hsm.key_facts import ask_signer
from gateway.config import Config
from gateway.wiring.machine.launching import ask_pin
from hsm.config import HSMConfig
from hsm.errors import PIN_LOCKED, KeyRoomError, PinRefusedError, TokenAbsentError
from hsm.interfaces import KeyDescription
from processes.errors import ProcessError


class TokenCheck:
    """Tries the token. `keys` are what it has, or None while they are not known."""

    def __init__(self, config: Config) -> None:
        self._config = config.hsm
        self.keys: tuple[KeyDescription, ...] | None = None

    def findings(self) -> Iterator[Finding]:
        """Try it once: a wrong PIN brings a token nearer its lock."""
        module = self._config.module
        if not module.is_file():
            yield failed(
                "HSM module",
                f"there is no {module}",
                cure="Install the vendor's PKCS#11 module, or correct hsm.module in config.yaml.",
            )
            return
        yield ok("HSM module", str(module))
        if self._config.signer is not None:
            # It has the PIN, which is not ours to read; the gateway has the token sign.
            yield from check_signer_service(self._config, self._config.signer)
            return
        if self._config.pin.ask and not sys.stdin.isatty():
            yield warning(
                "HSM token",
                "it was not tried, as the PIN is asked of an operator and nobody sits here",
                cure="Run the doctor at a terminal.",
            )
            return
        try:
            self.keys = ask_signer(self._config, pin=ask_pin(self._config))
        except PinRefusedError as error:
            yield pin_refused(error)
        except TokenAbsentError as error:
            yield failed(
                "HSM token",
                str(error),
                cure="Connect the device, or correct `hsm:` in config.yaml; then `sealgate hsm "
                "list`.",
            )
        except (KeyRoomError, ProcessError) as error:
            yield failed(
                "HSM token",
                str(error),
                cure="Try the device with the vendor's own tool, then `sealgate hsm test`.",
            )
        else:
            yield from self._found(self.keys)

    def _found(self, keys: tuple[KeyDescription, ...]) -> Iterator[Finding]:
        yield ok("HSM PIN", f"accepted, from {_source(self._config)}")
        yield ok("HSM token", f"{self._config.token_label or self._config.slot} signs")
        yield from map(about_key, keys)


def pin_refused(error: PinRefusedError) -> Finding:
    """Whether the PIN is wrong or locked, which other people mend."""
    if PIN_LOCKED in str(error):
        cure = (
            "Have the HSM's administrator unlock it (C_InitPIN, with the vendor's tool) and give "
            "you the new PIN; write it where hsm.pin says, then start the signer once."
        )
        return failed("HSM PIN", str(error), cure=cure)
    cure = "Correct the PIN where hsm.pin says; do not try again before that."
    return failed("HSM PIN", str(error), cure=cure)


def about_key(key: KeyDescription) -> Finding:
    """Whether the key may have copies, as the token says. That it signs was proved at the start."""
    part = f"key {key.id}"
    lacking = [
        told
        for told, given in (
            ("not made on the token", key.local),
            ("readable at some time", key.sensitive),
            ("extractable at some time", key.never_extractable),
        )
        if not given
    ]
    if lacking:
        return warning(
            part,
            f"signs, but the token says it was {', '.join(lacking)}: copies may exist",
            cure="Make a new key on the token, and have a certificate issued for it.",
        )
    return ok(part, f"{key.mechanism}, signs, has never left the token")


def _source(config: HSMConfig) -> str:
    pin = config.pin
    if pin.ask:
        return "the operator"
    return str(pin.file) if pin.file is not None else f"the credential {pin.credential}"
