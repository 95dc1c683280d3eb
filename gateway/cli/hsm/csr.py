"""`sealgate hsm csr`: a certificate request that the key in the token signs."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from gateway.cli.hsm.at_token import MakeRequest, made_request
from gateway.cli.hsm.keys_alone import key_alone
from gateway.cli.options import DEFAULT_CONFIG, ConfigOption, JSONOption, configuration
from gateway.cli.policy.where import PoliciesOption, policies_in
from gateway.cli.terminal import fail, out, tell_json, told_errors
from gateway.desk.policy_files import NothingToReadError, PolicyFiles
from gateway.keys.files import write_new
from gateway.seals.errors import SealMaterialError
from policies.bundle import Bundle
from strictyaml import MistakesError

_COUNTRY = "CN"


class CSRReport(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What `hsm csr --json` prints; `public_key_sha256` is of the SubjectPublicKeyInfo, hex."""

    key: str
    subject: str
    file: str
    public_key_sha256: str


def csr(
    key: Annotated[str, typer.Argument(help="The key's id under hsm.keys.")],
    subject: Annotated[
        str | None,
        typer.Option(
            help="The name in the certificate, such as 'CN=…,O=…,C=CN' (RFC 4514); by default "
            "from the company of the seal that has the key."
        ),
    ] = None,
    seal: Annotated[
        str | None, typer.Option(help="The seal whose company the certificate is to name.")
    ] = None,
    directory: PoliciesOption = None,
    file: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file to write; by default KEY.csr.pem here."),
    ] = None,
    as_json: JSONOption = False,
    config: ConfigOption = DEFAULT_CONFIG,
) -> None:
    """Have a key sign a certificate request (PKCS#10) for its own certificate.

    The request is verified in software before it is written, and never written over another file.
    That the key was used is noted before, and the gateway has it in the audit log. Exits 0, or 2
    when there is no request.
    """
    settings = configuration(config)
    alone = key_alone(settings.hsm, key)
    target = file or Path(f"{key}.csr.pem")
    if target.exists():
        raise fail(f"{target} is there already: move it away, or name another file with --out")
    if subject is None:
        with told_errors(NothingToReadError, SealMaterialError, MistakesError):
            bundle = PolicyFiles.read(policies_in(directory, config)).bundle
        name = _of_the_seal(bundle, key, seal)
    else:
        name = name_of(subject)
    task = MakeRequest(
        key=key,
        subject=name.public_bytes(),
        told=name.rfc4514_string(),
        journal=str(settings.key_acts),
    )
    made = made_request(alone, task)
    request = x509.load_der_x509_csr(made.request)
    with told_errors(OSError):
        write_new(target, request.public_bytes(Encoding.PEM))
    report = CSRReport(
        key=key,
        subject=name.rfc4514_string(),
        file=str(target),
        public_key_sha256=made.public_key_sha256,
    )
    if as_json:
        tell_json(report)
        return
    for line in (
        f"request  {report.file}",
        f"subject  {report.subject}",
        f"SHA-256  {report.public_key_sha256} (of the public key)",
        "Send the file to the CA, and compare the SHA-256 by another way.",
    ):
        out.print(line, markup=False, soft_wrap=True)


def name_of(text: str) -> x509.Name:
    """The name; leaves with 2 when it is none.

    Args:
        text: as RFC 4514 writes it, the common name first.
    """
    try:
        return x509.Name.from_rfc4514_string(text)
    except ValueError as error:
        raise fail(
            f"{text!r} is no name of a certificate ({error}): write it such as "
            "'CN=…,O=…,C=CN', with a backslash before a comma within a value"
        ) from error


def _of_the_seal(bundle: Bundle, key: str, wanted: str | None) -> x509.Name:
    found = [each for each in bundle.seals.values() if wanted in {None, each.name}]
    if wanted is None:
        found = [each for each in found if each.key == key]
    if not found:
        told = f"no seal is called {wanted!r}" if wanted else f"no seal has key {key!r} yet"
        raise fail(f"{told}: name the company with --subject, or a seal of it with --seal")
    if len({each.company for each in found}) > 1:
        names = ", ".join(each.name for each in found)
        raise fail(f"seals of several companies have key {key!r}: choose one with --seal ({names})")
    seal = found[0]
    company = bundle.companies[seal.company].title
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, _COUNTRY),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, company),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{company} {seal.type}"),
        ]
    )
