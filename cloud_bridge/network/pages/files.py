"""What pages load besides themselves: our own files, and those of pdf.js. Read once, kept."""

import hashlib
import mimetypes
from functools import cache
from pathlib import Path
from typing import Final

from aiohttp import web

from cloud_bridge.network.pages.rendering import ASSETS, HEADERS, PDFJS

_TYPES: Final = {".mjs": "text/javascript", ".js": "text/javascript", ".svg": "image/svg+xml"}
_DAY: Final = 24 * 3600


async def asset_file(request: web.Request) -> web.Response:
    """A style sheet, script or drawing of ours."""
    return _given(request, ASSETS, request.match_info["name"])


async def pdfjs_file(request: web.Request) -> web.Response:
    """A file of pdf.js."""
    return _given(request, PDFJS, request.match_info["name"])


def _given(request: web.Request, folder: Path, name: str) -> web.Response:
    if name not in _names(folder):
        raise web.HTTPNotFound
    content, tag = _content(folder, name)
    headers = {**HEADERS, "Cache-Control": f"public, max-age={_DAY}", "ETag": f'"{tag}"'}
    if request.headers.get("If-None-Match") == f'"{tag}"':
        return web.Response(status=304, headers=headers)
    suffix = Path(name).suffix
    kind = _TYPES.get(suffix) or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return web.Response(body=content, content_type=kind, headers=headers)


@cache
def _names(folder: Path) -> frozenset[str]:
    # Only what is there by this list is given: no path of the request ever reaches the disk.
    return frozenset(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


@cache
def _content(folder: Path, name: str) -> tuple[bytes, str]:
    content = (folder / name).read_bytes()
    return content, hashlib.sha256(content).hexdigest()[:32]
