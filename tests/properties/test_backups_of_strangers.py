"""A backup file with any bytes changed is refused, or is read as the very same backup."""

import io
import json
import tarfile
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given, settings
from hypothesis import strategies as st

from gateway.backup.errors import BackupRefusedError
from gateway.backup.reading import BackupFile

_MOMENT = "2026-11-27T02:30:00Z"
_FILES = {
    "database.sqlite": b"rows" * 100,
    "audit/log-key.txt": b"a key",
    "configuration/config.yaml": "名: 值\n".encode(),
    f"documents/companies/{'东' * 40}/a.tar": b"PDF" * 300,
}


def _manifest() -> bytes:
    return json.dumps(
        {
            "format": 1, "version": "0.1.0", "createdAt": _MOMENT, "finishedAt": _MOMENT,
            "node": "n", "engine": "sqlite", "revision": "0001", "logKey": "a key",
            "log": {"size": 0, "root": "", "signedSize": 0, "newest": None},
            "documents": 0, "leftOut": [],
            "files": {
                name: {"sha256": sha256(content).hexdigest(), "size": len(content)}
                for name, content in _FILES.items()
            },
        }
    ).encode()  # fmt: skip


def _packed() -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, content in {**_FILES, "manifest.json": _manifest()}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return out.getvalue()


_WHOLE = _packed()
_changes = st.lists(
    st.tuples(st.integers(0, len(_WHOLE) - 1), st.binary(min_size=1, max_size=8)),
    min_size=1,
    max_size=4,
)


def _read(content: bytes) -> dict[str, bytes] | None:
    with TemporaryDirectory() as directory:
        path = Path(directory) / "b.tar"
        path.write_bytes(content)
        try:
            with BackupFile.opened(path) as backup:
                return {name: backup.read(name) for name in backup.manifest.files}
        except BackupRefusedError:
            return None


def test_the_whole_one_is_read() -> None:
    assert _read(_WHOLE) == _FILES


@settings(max_examples=300)
@given(changes=_changes)
@example(changes=[(_WHOLE.index(b"createdAt"), b"\x80")])  # no UTF-8 in the manifest
def test_whatever_bytes_change_the_content_does_not(changes: list[tuple[int, bytes]]) -> None:
    content = bytearray(_WHOLE)
    for place, put in changes:
        content[place : place + len(put)] = put
    assert _read(bytes(content[: len(_WHOLE)])) in (None, _FILES)


@settings(max_examples=200)
@given(blocks=st.lists(st.integers(0, len(_WHOLE) // 512 - 1), max_size=60))
def test_blocks_in_any_order_are_the_same_backup_or_none(blocks: list[int]) -> None:
    content = b"".join(_WHOLE[512 * each : 512 * (each + 1)] for each in blocks)
    assert _read(content) in (None, _FILES)


def _header(name: bytes, kind: bytes, size: bytes) -> bytes:
    block = name.ljust(100, b"\0") + b"0000600\x00" + b"0000000\x00" * 2 + size
    block += b"00000000000\x00" + b" " * 8 + kind + bytes(100) + b"ustar  \x00"
    block = block.ljust(512, b"\0")
    summed = b"%06o\0 " % sum(block)
    return block[:148] + summed + block[156:]


def test_headers_that_lead_in_circles_come_to_an_end() -> None:
    backwards = b"\xff" * 10 + b"\xfe\x00"  # minus 512, in GNU's base 256
    for kind in (b"0", b"L", b"K", b"S", b"x", b"g"):
        assert _read(_header(b"audit/checkpoint", kind, backwards) * 3 + _WHOLE) is None
    nested = _header(b"././@LongLink", b"L", b"00000000001\x00") + b"a".ljust(512, b"\0")
    assert _read(nested * 5000 + _WHOLE) is None
