"""A bundle as bytes: what officers sign, and what a gateway decodes without reading YAML.

The objects of each kind stand in pieces: msgpack arrays of at most `MOST_OBJECTS`, sorted by name,
with every mapping and set sorted too, so that a bundle has one spelling. Pieces are small, so that
whoever decodes them can let others work in between.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

import msgspec

from policies.bundle import OBJECT_KINDS, Bundle
from policies.errors import CompiledFormError
from policies.objects.group import Governance
from policies.objects.named import Named
from policies.objects.seals import PictureStamp

MOST_OBJECTS: Final = 200
"""In one piece."""

_GOVERNANCE = "governance"


def _plain(value: object) -> object:
    # Mappings that cannot be changed are the one thing here that msgspec does not write by itself.
    if isinstance(value, MappingProxyType):
        return dict(value)
    raise NotImplementedError(f"{type(value).__name__} has no compiled form")


def _decoder(kind: type[Named]) -> msgspec.msgpack.Decoder[tuple[Named, ...]]:
    decoder: msgspec.msgpack.Decoder[Any] = msgspec.msgpack.Decoder(tuple[kind, ...])  # type: ignore[valid-type]  # a class in a variable
    return decoder


_encoder = msgspec.msgpack.Encoder(order="sorted", enc_hook=_plain)
_decoders = {field: _decoder(kind) for field, kind in OBJECT_KINDS.items()}
_decoders[_GOVERNANCE] = _decoder(Governance)


def compiled(bundle: Bundle) -> dict[str, bytes]:
    """The pieces by name, such as `seals-0003`; a kind without objects has none."""
    pieces = {
        f"{field}-{at:04}": data for field in OBJECT_KINDS for at, data in _pieces(bundle, field)
    }
    if bundle.governance is not None:
        pieces[f"{_GOVERNANCE}-0000"] = _encoder.encode((bundle.governance,))
    return pieces


def decompiled(
    pieces: Mapping[str, bytes | memoryview],
    *,
    files: Mapping[str, str],
    expected: str | None = None,
    pause: Callable[[], None] = lambda: None,
) -> Bundle:
    """The inverse of `compiled`.

    Args:
        pieces: as `compiled` gave them.
        files: path → SHA-256 in hex, of what the objects name.
        expected: the digest that they must have; nothing of others is decoded. None: any.
        pause: called between pieces, for whoever must let others work.

    Raises:
        CompiledFormError: these are no pieces of a bundle, another version's, or not the expected.
    """
    digest = content_digest(pieces, files)
    if expected is not None and digest != expected:
        raise CompiledFormError("objects or files are not those that the manifest names")
    found: dict[str, dict[str, Named]] = {field: {} for field in _decoders}
    for name in sorted(pieces):
        field = name.rpartition("-")[0]
        decoder = _decoders.get(field)
        if decoder is None:
            raise CompiledFormError(f"this version knows no objects called {field!r}")
        try:
            objects = decoder.decode(pieces[name])
        except (msgspec.MsgspecError, RecursionError) as error:
            raise CompiledFormError(f"the piece {name} cannot be read: {error}") from None
        found[field].update((each.name, each) for each in objects)
        pause()
    return _bundle(found, files=files, digest=digest)


def governing(
    pieces: Mapping[str, bytes | memoryview], *, files: Mapping[str, str], expected: str
) -> Bundle:
    """Of `decompiled`, only the Governance and the persons: who its officers are, in little time.

    Raises:
        CompiledFormError: see `decompiled`.
    """
    if content_digest(pieces, files) != expected:
        raise CompiledFormError("objects or files are not those that the manifest names")
    wanted = {_GOVERNANCE, "persons"}
    return decompiled(
        {name: each for name, each in pieces.items() if name.rpartition("-")[0] in wanted},
        files={},
    )


def with_files(bundle: Bundle, files: Mapping[str, str]) -> Bundle:
    """The bundle as `decompiled` would give it: with its files, and their digest beside its own."""
    return replace(
        bundle,
        files=MappingProxyType(dict(files)),
        digest=content_digest(compiled(bundle), files),
    )


def named_files(bundle: Bundle) -> frozenset[str]:
    """Every path that an object names and that belongs into the bundle: no system's secret."""
    paths = {seal.certificate for seal in bundle.seals.values()}
    paths |= {
        seal.stamp.file for seal in bundle.seals.values() if isinstance(seal.stamp, PictureStamp)
    }
    paths |= {grant.document for grant in bundle.grants.values() if grant.document is not None}
    return frozenset(paths)


def content_digest(pieces: Mapping[str, bytes | memoryview], files: Mapping[str, str]) -> str:
    """`sha256:` and the hex digest over all pieces and files, whatever order they come in.

    Each part is preceded by its length (8 bytes, big-endian) and the two lists by theirs, so that
    no two bundles have the same bytes here.
    """
    digest = hashlib.sha256()
    for parts in (pieces, {path: print_.encode() for path, print_ in files.items()}):
        digest.update(len(parts).to_bytes(8, "big"))
        for name in sorted(parts):
            encoded = name.encode()
            digest.update(len(encoded).to_bytes(8, "big") + encoded)
            digest.update(len(parts[name]).to_bytes(8, "big"))
            digest.update(parts[name])
    return f"sha256:{digest.hexdigest()}"


def _pieces(bundle: Bundle, field: str) -> Iterator[tuple[int, bytes]]:
    mapping: Mapping[str, Named] = getattr(bundle, field)
    objects = [mapping[name] for name in sorted(mapping)]
    for number, start in enumerate(range(0, len(objects), MOST_OBJECTS)):
        yield number, _encoder.encode(objects[start : start + MOST_OBJECTS])


def _bundle(found: Mapping[str, Any], *, files: Mapping[str, str], digest: str) -> Bundle:
    if len(found[_GOVERNANCE]) > 1:
        raise CompiledFormError("there is more than one Governance")
    mappings: dict[str, Any] = {field: MappingProxyType(found[field]) for field in OBJECT_KINDS}
    return Bundle(
        **mappings,
        digest=digest,
        governance=next(iter(found[_GOVERNANCE].values()), None),
        files=MappingProxyType(dict(files)),
    )
