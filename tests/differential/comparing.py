"""Two sealed documents are the same when their trailers lead to the same objects."""

import io
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

import pikepdf

_OF_THE_PACKING = {"/Length", "/Filter", "/DecodeParms"}
_OF_THE_FILE = {"/Prev", "/Size", "/XRefStm", "/W", "/Index", "/Type"} | _OF_THE_PACKING
_OF_THE_SIGNING = {"/Contents", "/ByteRange"}
_FINEST = Decimal("0.001")


def assert_same_objects(one: bytes, other: bytes) -> None:
    """Same graph; numbers of objects, packing of streams and signature values apart."""
    with pikepdf.open(io.BytesIO(one)) as first, pikepdf.open(io.BytesIO(other)) as second:
        _Walk().compare(first.trailer, second.trailer, "trailer")


class _Walk:
    def __init__(self) -> None:
        self._partner: dict[tuple[int, int], tuple[int, int]] = {}
        self._waiting: list[tuple[Any, Any, str]] = []

    def compare(self, one: Any, other: Any, path: str) -> None:  # noqa: ANN401 - PDF objects
        self._waiting.append((one, other, path))
        while self._waiting:
            self._one(*self._waiting.pop())

    def _one(self, one: Any, other: Any, path: str) -> None:  # noqa: ANN401 - PDF objects
        if (
            isinstance(one, pikepdf.Object)
            and one.is_indirect
            and isinstance(other, pikepdf.Object)
        ):
            known = self._partner.get(one.objgen)
            if known is not None:
                assert known == other.objgen, f"{path}: {known} or {other.objgen}?"
                return
            self._partner[one.objgen] = other.objgen
        if isinstance(one, pikepdf.Stream):
            assert isinstance(other, pikepdf.Stream), path
            self._keys(one, other, path, _OF_THE_PACKING)
            assert _data(one) == _data(other), f"{path}: other data"
        elif isinstance(one, pikepdf.Dictionary):
            assert isinstance(other, pikepdf.Dictionary), path
            ignored = _OF_THE_FILE if path == "trailer" else set()
            if one.get("/Type") == pikepdf.Name.Sig:
                ignored = _OF_THE_SIGNING
            self._keys(one, other, path, ignored)
        elif isinstance(one, pikepdf.Array):
            assert isinstance(other, pikepdf.Array), path
            assert len(one) == len(other), f"{path}: {len(one)} elements or {len(other)}"
            for index in range(len(one)):
                self._waiting.append((one[index], other[index], f"{path}[{index}]"))
        elif isinstance(one, int | Decimal) and not isinstance(one, bool):
            assert abs(Decimal(one) - Decimal(other)) < _FINEST, f"{path}: {one} or {other}"
        else:
            assert one == other, f"{path}: {one!r} or {other!r}"

    def _keys(self, one: Any, other: Any, path: str, ignored: set[str]) -> None:  # noqa: ANN401 - PDF objects
        first, second = set(one.keys()) - ignored, set(other.keys()) - ignored
        assert first == second, f"{path}: {first ^ second} only in one"
        self._waiting += [(one[key], other[key], f"{path}{key}") for key in first]


def _data(stream: pikepdf.Stream) -> bytes:
    try:
        return stream.read_bytes()
    except pikepdf.PdfError:  # a picture: neither way unpacks it
        return stream.read_raw_bytes()


def poppler_says(sealed: bytes, directory: Path) -> list[str]:
    """What `pdfsig -nocert` finds, without what differs from run to run."""
    file = directory / "sealed.pdf"
    file.write_bytes(sealed)
    said = subprocess.run(
        ["pdfsig", "-nocert", file], check=True, capture_output=True, text=True
    ).stdout
    wanted = ("- Signature Type", "- Signature Validation", "- Signed Ranges", "- Total document")
    kept = [line.strip() for line in said.splitlines() if line.strip().startswith(wanted)]
    return [line for line in kept if "Ranges" not in line]


def qpdf_finds(sealed: bytes, directory: Path) -> str:
    """What `qpdf --check` complains about; empty when it complains of nothing."""
    file = directory / "checked.pdf"
    file.write_bytes(sealed)
    checked = subprocess.run(["qpdf", "--check", file], check=False, capture_output=True, text=True)
    return "" if checked.returncode == 0 else checked.stdout + checked.stderr
