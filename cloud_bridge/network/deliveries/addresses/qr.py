"""The QR code on a waybill: an address with a random token, and nothing that tells of the goods."""

import io
from typing import Final

import segno

_CORRECTION: Final = "Q"
"""A quarter may be lost: labels get wet and torn."""
_QUIET_ZONE: Final = 4
"""Modules of white around it (ISO/IEC 18004 §6.3.8)."""
_PNG_SCALE: Final = 8


def svg(url: str) -> bytes:
    """The label's code as SVG that a page may scale."""
    return _drawn(url, kind="svg", scale=1)


def png(url: str) -> bytes:
    """The label's code as PNG, eight pixels a module: for label printers that know no SVG."""
    return _drawn(url, kind="png", scale=_PNG_SCALE)


def _drawn(url: str, *, kind: str, scale: int) -> bytes:
    file = io.BytesIO()
    code = segno.make_qr(url, error=_CORRECTION, boost_error=False)
    code.save(file, kind=kind, scale=scale, border=_QUIET_ZONE)
    return file.getvalue()
