"""`sealgate policy key`: a person's public key as the policies name it."""

import base64
from typing import Annotated

import typer

from gateway.bundles.keys import declared_algorithm
from gateway.cli.people_keys import NAMED, ModuleOption, PinFileOption, people_keys


def tell_key(
    key: Annotated[str, typer.Option(help=f"The person's key, as {NAMED}.")],
    pkcs11_module: ModuleOption = None,
    pin_file: PinFileOption = None,
) -> None:
    """Print a key's public half as a line for `keys:` of a Person."""
    with people_keys(module=pkcs11_module, pin_file=pin_file) as keys:
        signer = keys.named(key)
        public = signer.public_key
    value = base64.b64encode(public.value).decode()
    typer.echo(
        f"- {{id: {signer.key_id}, algorithm: {declared_algorithm(public)}, publicKey: {value}}}"
    )
