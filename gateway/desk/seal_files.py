"""What the officers' files name: certificates, pictures, keys. It draws stamps to try them."""

from collections.abc import Collection, Iterator
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gateway.desk.policy_files import PolicyFiles
from gateway.documents.stamp.errors import StampError
from gateway.documents.stamp.glyphs import USUAL_FONTS, StampFont
from gateway.documents.stamp.making import artwork_for
from gateway.seals.errors import SealMaterialError
from gateway.seals.registry import material_of
from hsm.interfaces import KeyDescription
from policies.objects.seals import RoundStamp, Seal
from strictyaml import Mistake


def seal_mistakes(
    files: PolicyFiles, *, keys: Collection[str] | None, font: Path | None
) -> Iterator[Mistake]:
    """What is wrong with the seals' files, and with stamps that cannot be drawn.

    Without the HSM nobody can tell whether a certificate is for the key on the token; `doctor`
    can. Round stamps are tried only where there is a font for them (`can_draw`).

    Args:
        files: the officers' files.
        keys: ids of the configured keys; None when no configuration is known.
        font: for round stamps; None takes the first of the usual ones.
    """
    opened = StampFont(font)
    for seal in files.bundle.seals.values():
        if keys is not None and seal.key not in keys:
            yield _mistake(
                files,
                seal,
                ("spec", "key"),
                f"no key is called `{seal.key}`; configured are {', '.join(sorted(keys))}",
                "correct the key, or have it added to hsm.keys in config.yaml",
            )
            continue
        believed = {seal.key: _key_as_certified(files, seal)}
        try:
            stamp = material_of(seal, files=files.named, keys=believed).stamp
            if stamp is not None and (can_draw(font) or not isinstance(stamp, RoundStamp)):
                artwork_for(stamp, font=opened)
        except SealMaterialError as error:
            cure = "put the right file there, or correct the seal"
            yield _mistake(files, seal, ("spec",), str(error), cure)
        except StampError as error:
            yield _mistake(files, seal, ("spec", "stamp"), str(error), "correct the stamp")


def _key_as_certified(files: PolicyFiles, seal: Seal) -> KeyDescription:
    # The token is not asked, so its key is believed to be the one in the certificate; what is
    # wrong with that file is told by who reads it next.
    try:
        data = bytes(files.named(seal.certificate))
        public = x509.load_pem_x509_certificates(data)[0].public_key()
        encoded = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (OSError, ValueError):
        encoded = b""
    return KeyDescription(
        id=seal.key,
        label=seal.key,
        mechanism="rsa-pkcs1-sha256",
        public_key=encoded,
        local=False,
        sensitive=False,
        never_extractable=False,
    )


def _mistake(
    files: PolicyFiles, seal: Seal, path: tuple[str | int, ...], message: str, cure: str
) -> Mistake:
    return files.mistake("Seal", seal.name, path, message, cure)


def can_draw(font: Path | None) -> bool:
    """Whether there is a font for round stamps."""
    return font is not None or any(usual.is_file() for usual in USUAL_FONTS)
