"""A caller of the gateway, with the program's own client: receipts one after the other for a while.

    python load.py SECONDS PREFIX RECEIPT [--url URL] [--key KEY] [--ca CA] [--callers NUMBER] …

Each is asked for until it is sealed. Prints JSON: how many, how often one had to be asked for
again, the longest that a caller waited between two, each one's SHA-256 by its key, what went wrong.
"""

import argparse
import asyncio
import hashlib
import json
import ssl
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

from aiohttp import ClientError

from gateway.cli.options import CLIENT_KEY_ID
from gateway.client import GatewayClient, GatewayRefusedError, RequestSigner, Sealed, Submission
from gateway.clock import SystemClock

_LONGEST_SECONDS = 120.0


@dataclass
class Counted:
    """What came of all callers."""

    sealed: int = 0
    repeated: int = 0
    gap: float = 0.0
    wrong: list[str] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Caller:
    """One of those who ask, with a connection of its own for each receipt."""

    url: str
    signer: RequestSigner
    tls: ssl.SSLContext | None
    document: bytes
    counted: Counted
    keep: Path | None
    stop: Path | None

    async def call(self, prefix: str, seconds: float) -> None:
        """Until the time is over or something went wrong."""
        began = last = time.monotonic()
        number = 0
        while time.monotonic() - began < seconds and not self.counted.wrong:
            if self.stop is not None and self.stop.exists():
                break
            await self._seal(f"{prefix}{number}", last)
            now = time.monotonic()
            self.counted.gap, last = max(self.counted.gap, now - last), now
            number += 1

    async def _seal(self, key: str, last: float) -> None:
        asked = Submission(
            document=self.document,
            seal="receipt-east",
            document_type="logistics-receipt",
            business_number=key,
            attributes={"amount_cents": 100},
            idempotency_key=key,
        )
        answer = await self._answered(asked, last)
        if answer is None:
            return
        if not answer.content.startswith(self.document):
            self.counted.wrong.append("the input is no prefix of the output")
        self.counted.digests[key] = hashlib.sha256(answer.content).hexdigest()
        self.counted.sealed += 1
        if self.keep is not None:
            self.keep.write_bytes(answer.content)

    async def _answered(self, asked: Submission, last: float) -> Sealed | None:
        """Asked for until it is answered; None: something is wrong."""
        async with GatewayClient(self.url, self.signer, tls=self.tls) as client:
            while True:
                try:
                    return await client.seal(asked)
                except GatewayRefusedError as refused:
                    if refused.problem.get("status") not in (502, 503):
                        self.counted.wrong.append(str(refused))
                        return None
                except (ClientError, OSError, TimeoutError):
                    if time.monotonic() - last > _LONGEST_SECONDS:
                        self.counted.wrong.append(f"nothing was sealed for {_LONGEST_SECONDS} s")
                        return None
                self.counted.repeated += 1
                await asyncio.sleep(0.02)


async def main() -> None:
    """As the arguments say."""
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=float)
    parser.add_argument("prefix")
    parser.add_argument("receipt", type=Path)
    parser.add_argument("--url", default="http://127.0.0.1:8480")
    clients = Path("/root/sealgate-trial/var/clients")
    parser.add_argument("--key", type=Path, default=clients / "tms.key.pem")
    parser.add_argument("--ca", type=Path)
    parser.add_argument("--callers", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="where the last one goes")
    parser.add_argument("--stop", type=Path, help="it is over as soon as this file is there")
    given = parser.parse_args()
    signer = RequestSigner.from_file(given.key, key_id=CLIENT_KEY_ID, clock=SystemClock())
    tls = None if given.ca is None else ssl.create_default_context(cafile=given.ca)
    counted = Counted()
    caller = Caller(
        given.url, signer, tls, given.receipt.read_bytes(), counted, given.keep, given.stop
    )
    async with asyncio.TaskGroup() as group:
        for number in range(given.callers):
            group.create_task(caller.call(f"{given.prefix}{number}-", given.seconds))
    print(json.dumps(asdict(counted)))  # noqa: T201 - a program's answer


asyncio.run(main())
