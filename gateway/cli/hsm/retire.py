"""`sealgate hsm retire`: a key is kept on the token and used no more."""

import hashlib
from typing import Annotated

import msgspec
import typer

from gateway.cli.hsm.at_token import key_of
from gateway.cli.hsm.in_force_here import keys_in_force, retired_before
from gateway.cli.hsm.keys_alone import key_alone
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.policy.where import policies_in
from gateway.cli.terminal import fail, out, tell_json, told_errors
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.desk.policy_files import NothingToReadError, PolicyFiles
from gateway.keys.errors import KeyActError
from gateway.keys.journal import KeyJournal
from gateway.seals.errors import SealMaterialError
from strictyaml import MistakesError


class RetireReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `hsm retire --json` prints; `public_key_sha256` is of the SubjectPublicKeyInfo, hex.

    `already`: it was retired before, and nothing was recorded now.
    """

    key: str
    label: str
    public_key_sha256: str
    already: bool = False


def retire(
    key: Annotated[str, typer.Argument(help="The key's id under hsm.keys.")],
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Record that a key is used no more; refused while a seal has it.

    The key stays on the token. `sealgate hsm reconcile` takes any use of it after this record for
    one outside the gateway. Run again, it says that this is done, and records nothing. Exits 0,
    or 2 when the key is in use or could not be read.
    """
    settings = configuration(config)
    with told_errors(NothingToReadError, SealMaterialError, MistakesError):
        bundle = PolicyFiles.read(policies_in(None, config)).bundle
    named = {each.name for each in bundle.seals.values() if each.key == key}
    # What lies in the directory need not be in force: a gateway that refused it goes on as before.
    used = {seal for seal, has in keys_in_force(settings).items() if has == key}
    users = sorted(named | used)
    if users:
        raise fail(
            f"key {key!r} is in use by {', '.join(users)}: give each of them another key first "
            "(`sealgate hsm rotate`), and wait until the policies with it are in force"
        )
    report = _report(settings, key)
    if not report.already:
        with told_errors(KeyActError):
            KeyJournal(settings.key_acts, clock=SystemClock()).note(
                "retired", key=key, public_key=report.public_key_sha256
            )
    if as_json:
        tell_json(report)
        return
    told = (
        f"already  {key}, label {report.label}, was retired before; nothing was recorded now"
        if report.already
        else f"retired  {key}, label {report.label}; it stays on the token"
    )
    then = "if it is not there; then send the gateway USR1"
    for line in (
        told,
        f"SHA-256  {report.public_key_sha256} (of the public key)",
        f"next     `retired: true` beside {key} under hsm.keys, {then}",
    ):
        out.print(line, markup=False, soft_wrap=True)


def _report(settings: Config, key: str) -> RetireReport:
    """Which key it is, by the token, and whether it was retired before.

    A key that is retired in the configuration is asked of no token: the log says which it was.
    """
    with told_errors(OSError):
        before = retired_before(settings, key=key)
    if before is not None:
        for each in settings.hsm.keys:
            if each.id == key and each.retired:
                return RetireReport(
                    key=key, label=each.label, public_key_sha256=before, already=True
                )
    described = key_of(key_alone(settings.hsm, key), key)
    public_key = hashlib.sha256(described.public_key).hexdigest()
    return RetireReport(
        key=key,
        label=described.label,
        public_key_sha256=public_key,
        already=before == public_key,
    )
