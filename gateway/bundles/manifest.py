"""What officers sign of a bundle: which it is, and what it follows."""

import hashlib
from datetime import datetime
from typing import Final

import msgspec

from gateway.bundles.errors import BundleFileError
from gateway.statements import StatementInvalidError, plain_json

TYP: Final = "sealgate-bundle"
"""The statement's kind in its protected header."""

FORMAT: Final = 1


class Manifest(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """The payload.

    Attributes:
        format: 1.
        group: the company on top, as `Governance.root` says.
        sequence: larger than that of every bundle that was in force before.
        previous: `Manifest.digest` of the bundle that it follows; None for a group's first.
        content: digest over compiled objects and files, `policies.compiled.content_digest`. It is
            what decisions and records call the bundle.
        sources: digest over the YAML, `policies.bundle.sources_digest`.
        built_at: when.
        rollback: whether the content was in force before.
    """

    format: int
    group: str
    sequence: int
    previous: str | None
    content: str
    sources: str
    built_at: datetime
    rollback: bool = False

    @property
    def payload(self) -> bytes:
        """The bytes that are signed."""
        return msgspec.json.encode(self, order="sorted")

    @property
    def digest(self) -> str:
        """`sha256:` and the hex digest of the payload: names this bundle in the line of all."""
        return f"sha256:{hashlib.sha256(self.payload).hexdigest()}"


def read_manifest(payload: bytes) -> Manifest:
    """The manifest in these bytes.

    Raises:
        BundleFileError: it is none, or of a later format.
    """
    try:
        manifest = plain_json.decode(payload, Manifest, what="manifest")
    except StatementInvalidError as error:
        raise BundleFileError(str(error)) from None
    if manifest.format != FORMAT or manifest.payload != payload:
        raise BundleFileError(f"the manifest is not of format {FORMAT} as this version writes it")
    return manifest
