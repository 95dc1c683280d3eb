"""Join a seal's declaration with the files that it names: certificate, chain, picture."""

import errno
import hashlib
import os
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.regular_files import read_regular
from gateway.seals.errors import SealMaterialError
from gateway.seals.model import Picture, SealMaterial
from hsm.interfaces import KeyDescription
from policies.objects.seals import PictureStamp, RoundStamp, Seal

NamedFiles = Callable[[str], bytes | memoryview]
"""Reads what a seal names by its path; raises OSError."""

_MOST_BYTES = 64 * 1024 * 1024
_PICTURE_KINDS = {".svg": "svg", ".png": "png"}


def files_below(directory: Path) -> Callable[[str], bytes]:
    """Those of the officers' directory."""
    return lambda path: read_regular(directory / path, most_bytes=_MOST_BYTES)


def files_among(files: Mapping[str, bytes | memoryview]) -> NamedFiles:
    """Those of a bundle."""

    def read(path: str) -> bytes | memoryview:
        if path not in files:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return files[path]

    return read


def material_of(
    seal: Seal, *, files: NamedFiles, keys: Mapping[str, KeyDescription]
) -> SealMaterial:
    """Everything public about a seal.

    Args:
        seal: the declaration.
        files: reads what the declaration names.
        keys: the signer's keys by id.

    Raises:
        SealMaterialError: a file is missing or unreadable, or the certificate is for another key.
    """
    key = keys.get(seal.key)
    if key is None:
        known = ", ".join(sorted(keys)) or "none"
        raise SealMaterialError(
            f"seal {seal.name!r} uses key {seal.key!r}, which the signer does not have "
            f"(it has: {known}); add it to `hsm.keys` in config.yaml or correct the seal"
        )
    if key.mechanism == "ed25519":
        raise SealMaterialError(
            f"seal {seal.name!r} uses key {seal.key!r}, which signs the audit log only; "
            "name a key with purpose `seal`"
        )
    certificates = _certificates(seal, files)
    _check_key(seal, certificates[0], key)
    material = SealMaterial(
        fingerprint="",
        id=seal.name,
        company=seal.company,
        key=seal.key,
        mechanism=key.mechanism,
        certificates=tuple(each.public_bytes(Encoding.DER) for each in certificates),
        not_before=certificates[0].not_valid_before_utc,
        not_after=certificates[0].not_valid_after_utc,
        kind=seal.signature.kind,
        permission=seal.signature.permission,
        stamp=_stamp(seal, files),
        placement=seal.placement,
    )
    fingerprint = hashlib.sha256(msgspec.msgpack.encode(material)).hexdigest()
    return msgspec.structs.replace(material, fingerprint=fingerprint)


def _certificates(seal: Seal, files: NamedFiles) -> list[x509.Certificate]:
    path = seal.certificate
    try:
        chain = x509.load_pem_x509_certificates(bytes(files(path)))
    except OSError as error:
        raise SealMaterialError(
            f"seal {seal.name!r}: certificate {error.filename} cannot be read ({error.strerror})"
        ) from error
    except ValueError as error:
        raise SealMaterialError(
            f"seal {seal.name!r}: {path} is not a PEM file of certificates ({error})"
        ) from error
    for issued, issuer in pairwise(chain):
        if issued.issuer != issuer.subject:
            raise SealMaterialError(
                f"seal {seal.name!r}: in {path} {issued.subject.rfc4514_string()} is not followed "
                "by its issuer; put the seal's certificate first, then the chain upwards"
            )
    # Verifiers bring the root themselves; a self-signed certificate in the container is ballast.
    return [chain[0], *(each for each in chain[1:] if each.subject != each.issuer)]


def _check_key(seal: Seal, certificate: x509.Certificate, key: KeyDescription) -> None:
    certified = certificate.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    if certified != key.public_key:
        raise SealMaterialError(
            f"seal {seal.name!r}: its certificate {seal.certificate} is for another key than "
            f"{seal.key!r}; compare with `sealgate hsm list`"
        )


def _stamp(seal: Seal, files: NamedFiles) -> RoundStamp | Picture | None:
    match seal.stamp:
        case None | RoundStamp():
            return seal.stamp
        case PictureStamp(file=file, width_mm=width_mm):
            kind = _PICTURE_KINDS.get(Path(file).suffix.lower())
            if kind is None:
                raise SealMaterialError(f"seal {seal.name!r}: {file} is neither .svg nor .png")
            try:
                data = bytes(files(file))
            except OSError as error:
                raise SealMaterialError(
                    f"seal {seal.name!r}: picture {error.filename} cannot be read "
                    f"({error.strerror})"
                ) from error
            return Picture(kind="svg" if kind == "svg" else "png", data=data, width_mm=width_mm)
