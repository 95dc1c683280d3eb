"""A bundle file into values; everything in it is held against the manifest."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO

from gateway.bundles.archive import member, packed, unpacked
from gateway.bundles.errors import BundleFileError
from gateway.bundles.manifest import TYP, Manifest, read_manifest
from gateway.statements import StatementInvalidError, open_general
from policies.bundle import Bundle, sources_digest
from policies.compiled import decompiled, governing
from policies.errors import CompiledFormError

MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 1024 * 1024
"""With as many signatures as are taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedBundle:
    """A bundle file that is what its manifest says. Who signed it is for `acceptance` to ask.

    Attributes:
        manifest: which it is.
        statement: the manifest with its signatures: a general JWS.
        bundle: the compiled objects; their digest is `manifest.content`.
        pieces: the same as bytes, by name.
        files: certificates, pictures and grants by path.
        sources: the YAML by path.
    """

    manifest: Manifest
    statement: str
    bundle: Bundle
    pieces: Mapping[str, bytes | memoryview]
    files: Mapping[str, bytes | memoryview]
    sources: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a bundle file says of itself, of which nothing was proved.

    Attributes:
        statement: the manifest with its signatures.
        manifest: what it says.
    """

    statement: str
    manifest: Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedFile:
    """A bundle file of which nothing was proved.

    Attributes:
        statement: the manifest with its signatures.
        manifest: what it says.
        members: all of the file's members, by name.
    """

    statement: str
    manifest: Manifest
    members: Mapping[str, memoryview]


def opened(data: bytes) -> OpenedFile:
    """Open a bundle file, as far as its manifest.

    Raises:
        BundleFileError: it is no bundle file.
    """
    members = unpacked(data)
    if MANIFEST not in members:
        raise BundleFileError(f"it has no {MANIFEST}")
    heading = _heading(members[MANIFEST])
    return OpenedFile(statement=heading.statement, manifest=heading.manifest, members=members)


def heading_of(file: BinaryIO, *, pause: Callable[[], None] = lambda: None) -> Heading:
    """The manifest alone, wherever in the file it is; no more than that is read into memory.

    Args:
        file: from its first byte.
        pause: called now and then, for whoever must let others work.

    Raises:
        BundleFileError: there is none, as far as was looked.
        OSError: the file cannot be read.
    """
    return _heading(member(file, MANIFEST, most_bytes=MOST_MANIFEST_BYTES, pause=pause))


def _heading(encoded: bytes | memoryview) -> Heading:
    if len(encoded) > MOST_MANIFEST_BYTES:
        raise BundleFileError(f"{MANIFEST} has more than {MOST_MANIFEST_BYTES:,} bytes")
    try:
        statement = str(encoded, "utf-8")
    except UnicodeDecodeError as error:
        raise BundleFileError(f"{MANIFEST}: {error}") from None
    return Heading(statement=statement, manifest=manifest_of(statement))


def read(data: bytes) -> SealedBundle:
    """Open a bundle file and hold it against its manifest.

    Raises:
        BundleFileError: see `opened` and `proved`.
    """
    return proved(opened(data))


def proved(file: OpenedFile, *, pause: Callable[[], None] = lambda: None) -> SealedBundle:
    """What is in the file.

    Args:
        file: see `opened`.
        pause: called now and then, for whoever must let others work.

    Raises:
        BundleFileError: its parts are not those of the manifest.
    """
    members, manifest = file.members, file.manifest
    compiled, files, sources = (
        _below(members, folder) for folder in ("compiled/", "files/", "sources/")
    )
    if 1 + len(compiled) + len(files) + len(sources) != len(members):
        raise BundleFileError("it has members that no bundle has")
    prints = {}
    for path, content in files.items():
        prints[path] = hashlib.sha256(content).hexdigest()
        pause()
    try:
        texts = {path: str(text, "utf-8") for path, text in sources.items()}
        # Nothing is decoded but what the manifest names, and officers have signed.
        bundle = decompiled(compiled, files=prints, expected=manifest.content, pause=pause)
    except (CompiledFormError, UnicodeDecodeError) as error:
        raise BundleFileError(str(error)) from None
    if sources_digest(texts) != manifest.sources:
        raise BundleFileError("the sources are not those that the manifest names")
    return SealedBundle(
        manifest=manifest,
        statement=file.statement,
        bundle=bundle,
        pieces=compiled,
        files=files,
        sources=texts,
    )


def ruled_by(file: OpenedFile) -> Bundle:
    """Only the bundle's Governance and persons, once its parts are those of the manifest.

    Raises:
        BundleFileError: they are not.
    """
    prints = {
        path: hashlib.sha256(content).hexdigest()
        for path, content in _below(file.members, "files/").items()
    }
    compiled = _below(file.members, "compiled/")
    try:
        return governing(compiled, files=prints, expected=file.manifest.content)
    except CompiledFormError as error:
        raise BundleFileError(str(error)) from None


def peek(data: bytes) -> Manifest:
    """The manifest alone, of which nothing was proved.

    Raises:
        BundleFileError: it is no bundle file.
    """
    return opened(data).manifest


def manifest_of(statement: str) -> Manifest:
    """The manifest in a signed document, whoever has signed it.

    Raises:
        BundleFileError: there is none in it.
    """
    try:
        payload, _ = open_general(statement, typ=TYP, key_of=lambda _key_id: None)
    except StatementInvalidError as error:
        raise BundleFileError(f"{MANIFEST}: {error}") from None
    return read_manifest(payload)


def written(
    statement: str,
    *,
    pieces: Mapping[str, bytes | memoryview],
    files: Mapping[str, bytes | memoryview],
    sources: Mapping[str, str],
) -> bytes:
    """The inverse of `read`.

    Raises:
        BundleFileError: see `packed`.
    """
    return packed(
        {
            MANIFEST: statement.encode(),
            **{f"compiled/{name}": piece for name, piece in pieces.items()},
            **{f"files/{path}": content for path, content in files.items()},
            **{f"sources/{path}": text.encode() for path, text in sources.items()},
        }
    )


def _below(members: Mapping[str, memoryview], folder: str) -> dict[str, memoryview]:
    return {
        name.removeprefix(folder): content
        for name, content in members.items()
        if name.startswith(folder)
    }
