"""Sealed documents and the receipt into a folder, where nothing that differs is overwritten."""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from gateway.cli.asking import refusal
from gateway.cli.batch.model import Item
from gateway.cli.batch.sending import PATH
from gateway.cli.files.whole_files import write_whole
from gateway.client import GatewayClient, GatewayRefusedError

_AT_ONCE = 8
_RECEIPT_TRIES, _RECEIPT_PAUSE_SECONDS = 20, 0.5


@dataclass(frozen=True, slots=True)
class Fetched:
    """How many documents lie there now, what is in the way of others, and why there is no receipt.

    A batch is whole without its receipt, which the policies may not even want.
    """

    there: int
    faults: tuple[str, ...]
    no_receipt: str


async def fetch(
    client: GatewayClient, batch_id: str, found: Iterable[Item], folder: Path
) -> Fetched:
    """Every sealed document under its own name, and the batch's receipt.

    What lies there already as it should is not fetched again, so this can be repeated. The receipt
    is called by its batch, so that a folder may take what several batches came to.

    Raises:
        OSError: the folder cannot be written.
    """
    wanted = [item for item in found if item.document is not None]
    places = asyncio.Semaphore(_AT_ONCE)
    called = Counter(item.name.casefold() for item in wanted)

    async def one(item: Item) -> str:
        place = _place(folder, item, alone=called[item.name.casefold()] == 1)
        if place is None:
            return f"{item.name!r} is no name for a file; its document is {item.document}"
        async with places:
            return await _document(client, item, place)

    faults = [fault for fault in await asyncio.gather(*map(one, wanted)) if fault]
    receipt = await _receipt(client, batch_id, folder / f"receipt-{batch_id}.p7m")
    return Fetched(len(wanted) - len(faults), tuple(faults), receipt)


def _place(folder: Path, item: Item, *, alone: bool) -> Path | None:
    """Where it goes: names came from whoever made the batch, and must stay below the folder."""
    name = PurePosixPath(item.name)
    if name.is_absolute() or not name.name or ".." in name.parts or "\\" in item.name:
        return None
    place = folder / name
    return place if alone else place.with_name(f"{place.stem}-{item.number}{place.suffix}")


async def _document(client: GatewayClient, item: Item, place: Path) -> str:
    """Why the document does not lie there; empty where it does."""
    lying, digest = _lying(place), item.output_digest
    if lying is not None:
        return "" if _digest(lying) == digest else _differs(place)
    try:
        async with client.exchange("GET", f"/v1/documents/{item.document}/content") as response:
            content = await response.read()
    except GatewayRefusedError as refused:
        return f"{item.name}: {refused}"
    if _digest(content) != digest:
        return f"{item.name}: what came is not what the results say; run the command again"
    _write(place, content)
    return ""


async def _receipt(client: GatewayClient, batch_id: str, place: Path) -> str:
    """Why the receipt does not lie there; it is signed a moment after the batch has ended."""
    told = ""
    for _ in range(_RECEIPT_TRIES):
        try:
            async with client.exchange("GET", f"{PATH}/{batch_id}/receipt") as response:
                content = await response.read()
        except GatewayRefusedError as refused:
            told = refusal(refused)
            if not str(refused.problem.get("type")).endswith("receipt-not-ready"):
                break
            await asyncio.sleep(_RECEIPT_PAUSE_SECONDS)
            continue
        lying = _lying(place)
        if lying is None:
            _write(place, content)
        return "" if lying in {None, content} else _differs(place)
    return told


def _lying(place: Path) -> bytes | None:
    return place.read_bytes() if place.exists() else None


def _write(place: Path, content: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    write_whole(place, content)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _differs(place: Path) -> str:
    return f"{place} is there and differs: name another folder"
