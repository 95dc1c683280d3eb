"""`sealgate hsm`: the keys on the token, and how fast they sign."""

from typing import Annotated

import msgspec
import typer
from rich.text import Text

from gateway.cli.hsm.asking_child import ask_child
from gateway.cli.hsm.key_facts import KeyFacts, ask_signer, facts_of
from gateway.cli.hsm.speed import KeySpeed, NotOpened, decode_answer
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.terminal import fail, out, printable, tell_json, told_errors
from gateway.config import Config
from gateway.wiring.machine.launching import ask_pin
from hsm.config import HSMConfig
from hsm.errors import KeyRoomError
from hsm.interfaces import KeyDescription
from processes.errors import ProcessError

_START_SECONDS = 30.0


class ReplicaFacts(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A replica of `hsm list --json`; `error` says why it would not serve."""

    token: str
    ok: bool
    error: str | None


class KeyList(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `hsm list --json` prints; `replicas` only where there are some."""

    module: str
    token: str
    keys: tuple[KeyFacts, ...]
    replicas: tuple[ReplicaFacts, ...] | msgspec.UnsetType = msgspec.UNSET


class TriedKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One key of `hsm test --json`; `per_second` is null when the key failed."""

    id: str
    label: str
    mechanism: str
    ok: bool
    signatures: int
    per_second: float | None
    sessions: int
    error: str | None


class SpeedReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `hsm test --json` prints."""

    ok: bool
    module: str
    token: str
    keys: tuple[TriedKey, ...]


def list_keys(as_json: JSONOption = False, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """List the configured keys and what the token says of them.

    A signer is started for it, which signs once with each key; the gateway may run meanwhile. Each
    replica has to prove that it holds the same keys. Exits 0, 1 when a replica does not, or 2 when
    the token cannot be opened or a key is missing.
    """
    settings = configuration(config)
    first, *further = settings.hsm.tokens
    with told_errors(KeyRoomError, ProcessError):
        keys = ask_signer(first, pin=ask_pin(first))
    facts = tuple(facts_of(key, settings.hsm) for key in keys)
    replicas = tuple(
        _replica(name, token, keys)
        for name, token in zip(settings.hsm.names[1:], further, strict=True)
    )
    if as_json:
        tell_json(
            KeyList(
                module=str(settings.hsm.module),
                token=settings.hsm.token_name,
                keys=facts,
                replicas=replicas or msgspec.UNSET,
            )
        )
    else:
        _say(f"token {settings.hsm.token_name} by {settings.hsm.module}")
        for each in facts:
            _print_key(each)
        for replica in replicas:
            _print_replica(replica)
    if not all(replica.ok for replica in replicas):
        raise typer.Exit(1)


def try_keys(
    seconds: Annotated[
        float, typer.Option(min=0.05, max=60.0, help="How long to sign with each key.")
    ] = 1.0,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Sign with every key for a moment, verify every signature, and tell the speed.

    What is signed are the fixed sentences of the self-test, no documents. While the gateway runs
    both are slower. Exits 0 when every signature verified, 1 when a key failed, 2 when the token
    cannot be opened.
    """
    settings = configuration(config)
    keys = tuple(_tried(each) for each in _try(settings, seconds))
    report = SpeedReport(
        ok=all(key.ok for key in keys),
        module=str(settings.hsm.module),
        token=settings.hsm.token_name,
        keys=keys,
    )
    if as_json:
        tell_json(report)
    else:
        for key in keys:
            _print_speed(key)
    raise typer.Exit(0 if report.ok else 1)


def _try(settings: Config, seconds: float) -> tuple[KeySpeed, ...]:
    hsm = settings.hsm
    frame = ask_child(
        "gateway.cli.hsm.speed",
        str(seconds),
        hsm=hsm.in_use,
        seconds=_START_SECONDS + len(hsm.keys) * (seconds + hsm.deadline_seconds),
        cure="; if that works, set hsm.serialize: true",
    )
    answer = decode_answer(frame)
    if isinstance(answer, NotOpened):
        raise fail(printable(answer.message))
    return answer.keys


def _replica(name: str, token: HSMConfig, keys: tuple[KeyDescription, ...]) -> ReplicaFacts:
    try:
        ask_signer(token, pin=ask_pin(token), same_as=keys)
    except (KeyRoomError, ProcessError) as error:
        return ReplicaFacts(token=name, ok=False, error=str(error))
    return ReplicaFacts(token=name, ok=True, error=None)


def _tried(key: KeySpeed) -> TriedKey:
    return TriedKey(
        id=key.id,
        label=key.label,
        mechanism=key.mechanism,
        ok=key.error is None,
        signatures=key.signatures,
        per_second=None if key.error else round(key.signatures / key.seconds, 1),
        sessions=key.threads,
        error=key.error,
    )


def _print_key(key: KeyFacts) -> None:
    _say(f"{key.id}")
    _say(f"  label       {key.label}")
    _say(f"  mechanism   {key.mechanism}, {key.bits} bits, purpose {key.purpose}")
    for told, wanted, otherwise in (
        ("made on the token", key.local, "NOT made on the token: a copy may be elsewhere"),
        ("never readable", key.sensitive, "NOT always sensitive: it could be read in the clear"),
        ("never extractable", key.never_extractable, "NOT always unextractable: it could be taken"),
    ):
        _say(f"  {'protection':<11} {told if wanted else otherwise}", "" if wanted else "yellow")
    _say(f"  SHA-256     {key.public_key_sha256}")


def _print_replica(replica: ReplicaFacts) -> None:
    if replica.ok:
        _say(f"replica {replica.token}: holds the same keys, and signs with each")
    else:
        _say(f"replica {replica.token}: WOULD NOT SERVE: {replica.error}", "bold red")


def _print_speed(key: TriedKey) -> None:
    if key.error is None:
        _say(
            f"ok      {key.id}: {key.per_second:,.0f} signatures/s from {key.sessions} sessions, "
            f"{key.mechanism}, every one verified"
        )
    else:
        _say(f"FAILED  {key.id}: after {key.signatures} signatures: {key.error}", "bold red")


def _say(line: str, style: str = "") -> None:
    out.print(Text(printable(line), style=style), soft_wrap=True)
