"""`sealgate hsm ceremony`: keys by a reviewed file, before witnesses, with a protocol."""

import errno
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.cli.hsm.at_token import HoldCeremony, MakeRequest, held_ceremony, made_request
from gateway.cli.hsm.keys_alone import alone
from gateway.cli.hsm.protocol import MadeRequest, Plan, Protocol, as_text
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.terminal import out, printable, tell_json, told_errors
from gateway.clock import SystemClock
from gateway.config import Config
from gateway.keys.files import write_new
from gateway.regular_files import read_regular
from hsm.ceremonies.planned import CeremonyPlan, FoundKey, FoundToken, PlannedKey
from hsm.ceremonies.requests import proves
from hsm.config import KeyConfig
from strictyaml import MAX_BYTES, MistakesError, load

_STATES = {
    "missing": "would be made",
    "found": "is there already, as planned",
    "other": "IS THERE, AND IS NOT WHAT WAS PLANNED",
    "made": "was made",
}


def ceremony(
    file: Annotated[
        Path, typer.Argument(help="The ceremony's YAML file.", exists=True, dir_okay=False)
    ],
    check: Annotated[
        bool, typer.Option("--check", help="Only say what would be done; change nothing.")
    ] = False,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="Where requests and protocol go; by default named as the file is."
        ),
    ] = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Make keys by a reviewed file, before witnesses, and write the protocol.

    Keys that are there already as planned are kept, so a ceremony that broke off is run again; if
    one is there and is another, nothing is made. The protocol, as text for the witnesses'
    signatures and as JSON, has the file's digest, the token, and what was read back of each key.
    Exits 0, 1 when `--check` finds what would be refused, or 2 when it could not be done.
    """
    settings = configuration(config)
    with told_errors(MistakesError, OSError, UnicodeDecodeError):
        data = read_regular(file, most_bytes=MAX_BYTES)
        plan = load(data.decode(), file=str(file), model=CeremonyPlan).value
    digest = hashlib.sha256(data).hexdigest()
    task = HoldCeremony(
        plan=plan.model_dump_json().encode(),
        check=check,
        ceremony=digest,
        journal=str(settings.key_acts),
    )
    began = SystemClock().now()
    found = held_ceremony(settings.hsm.model_copy(update={"replicas": None}), task)
    if check:
        _tell_check(plan, found, digest, as_json=as_json)
        raise typer.Exit(1 if any(each.state == "other" for each in found.keys) else 0)
    place = _Place(settings, directory or Path(file.stem))
    with told_errors(OSError):
        place.directory.mkdir(parents=True, exist_ok=True)
        requests = tuple(place.requests(plan, found))
    protocol = Protocol.of(
        Plan(plan, name=file.name, sha256=digest),
        found,
        requests,
        module=settings.hsm.module,
        began=began,
        ended=SystemClock().now(),
    )
    text = as_text(protocol)
    with told_errors(OSError):
        place.write(protocol, text)
    if as_json:
        tell_json(protocol)
    else:
        out.print(text, markup=False, soft_wrap=True)


@dataclass(frozen=True, slots=True)
class _Place:
    """The directory of one ceremony's files."""

    settings: Config
    directory: Path

    def requests(self, plan: CeremonyPlan, found: FoundToken) -> list[MadeRequest]:
        """A request for each key that is to have one; one that is there and fits is kept."""
        made = []
        for planned, key in zip(plan.keys, found.keys, strict=True):
            if planned.subject is not None:
                made.append(self._request(planned, key, planned.subject))
        return made

    def _request(self, planned: PlannedKey, key: FoundKey, subject: str) -> MadeRequest:
        name = x509.Name.from_rfc4514_string(subject)
        file = self.directory / f"{planned.id}.csr.pem"
        if file.exists():
            if not _fits(file, key, name):
                why = "it is no request of this key for this name: move it away"
                raise FileExistsError(errno.EEXIST, why, str(file))
        else:
            task = MakeRequest(
                key=planned.id,
                subject=name.public_bytes(),
                told=name.rfc4514_string(),
                journal=str(self.settings.key_acts),
            )
            only = KeyConfig(id=planned.id, label=planned.label, mechanism=planned.mechanism)
            request = made_request(alone(self.settings.hsm, only), task)
            pem = x509.load_der_x509_csr(request.request).public_bytes(Encoding.PEM)
            write_new(file, pem)
        return MadeRequest(
            key=planned.id,
            subject=name.rfc4514_string(),
            file=file.name,
            sha256=hashlib.sha256(file.read_bytes()).hexdigest(),
        )

    def write(self, protocol: Protocol, text: str) -> None:
        """Both forms, by the moment of their end: no protocol takes another's place."""
        stem = f"protocol-{protocol.ended:%Y%m%dT%H%M%S.%fZ}"
        write_new(self.directory / f"{stem}.json", protocol.encoded())
        write_new(self.directory / f"{stem}.txt", text.encode())


def _fits(file: Path, key: FoundKey, name: x509.Name) -> bool:
    """Whether an earlier run made this very request."""
    try:
        request = x509.load_pem_x509_csr(file.read_bytes())
    except ValueError:
        return False
    public = request.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return (
        hashlib.sha256(public).hexdigest() == key.public_key_sha256
        and request.subject == name
        and proves(request.public_bytes(Encoding.DER), public)
    )


def _tell_check(plan: CeremonyPlan, found: FoundToken, digest: str, *, as_json: bool) -> None:
    if as_json:
        tell_json({"sha256": digest, "token": found})
        return
    lines = [
        plan.ceremony,
        f"file    SHA-256 {digest}",
        f"token   {found.label}, serial {found.serial}",
    ]
    for planned, key in zip(plan.keys, found.keys, strict=True):
        lines.append(f"key     {key.id}: {_STATES[key.state]}")
        size = "" if planned.bits is None else f", {planned.bits} bits"
        lines.append(f"        label {key.label}, {key.mechanism}{size}")
        lines += [f"        {each}" for each in key.differences]
        if planned.subject is not None:
            lines.append(f"        request for {planned.subject}")
    lines += [f"witness {each.name}, {each.role}" for each in plan.witnesses]
    for line in lines:
        out.print(printable(line), markup=False, soft_wrap=True)
