"""`sealgate bridge keys`."""

import os
import tempfile
from pathlib import Path

import msgspec

from cloud_bridge.keys import EncryptionKey, SigningKey
from gateway.cli.bridge.options import bridge_of
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption
from gateway.cli.terminal import out, printable, tell_json, told_errors
from gateway.durable import sync_directory


class ToldKey(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """The keys of one company, by their public halves."""

    company: str
    organisation: str
    signing_key: str
    encryption_key: str
    made: tuple[str, ...]


def keys(as_json: JSONOption = False, config: ConfigOption = DEFAULT_CONFIG) -> None:
    """Make the keys of our companies on the network that are not there yet.

    They go where bridge.companies in config.yaml says, readable by you alone; what is there stays.
    The network's operator needs the public signing key to enter the company.
    """
    told: list[ToldKey] = []
    with told_errors(OSError, ValueError, TypeError):
        for company in bridge_of(config).companies:
            made = tuple(
                str(file)
                for file, kind in (
                    (company.signing_key, SigningKey),
                    (company.encryption_key, EncryptionKey),
                )
                if _made(file, kind.generate().pem)
            )
            told.append(
                ToldKey(
                    company=company.company,
                    organisation=company.organisation,
                    signing_key=SigningKey.from_pem(company.signing_key.read_bytes()).public,
                    encryption_key=EncryptionKey.from_pem(
                        company.encryption_key.read_bytes()
                    ).public,
                    made=made,
                )
            )
    if as_json:
        tell_json(told)
        return
    for each in told:
        out.print(
            printable(
                f"{each.company} ({each.organisation}): signing key {each.signing_key}, "
                f"encryption key {each.encryption_key}; "
                + (f"made {', '.join(each.made)}" if each.made else "both were there")
            )
        )


def _made(file: Path, pem: bytes) -> bool:
    """Write it, unless something is there already: whole under its name, or not at all."""
    if file.exists():
        return False
    descriptor, draft = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")  # mode 0600
    try:
        with os.fdopen(descriptor, "wb") as opened:
            opened.write(pem)
            opened.flush()
            os.fsync(opened.fileno())
        os.link(draft, file)  # unlike a rename, takes nobody else's place
    finally:
        Path(draft).unlink()
    sync_directory(file.parent)
    return True
