"""Runs on the machine, with the program's own client: receipts one after the other for a while.

Each is asked for until it is sealed. Prints JSON: how many, the longest gap between two, what went
wrong.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

from aiohttp import ClientError

from gateway.cli.options import CLIENT_KEY_ID
from gateway.client import GatewayClient, GatewayRefusedError, RequestSigner, Submission
from gateway.clock import SystemClock

URL = "http://127.0.0.1:8480"


async def main(seconds: float, prefix: str, document: bytes) -> None:
    key = Path("/root/sealgate-trial/var/clients/tms.key.pem")
    signer = RequestSigner.from_file(key, key_id=CLIENT_KEY_ID, clock=SystemClock())
    began = last = time.monotonic()
    sealed, gap, tries, wrong = 0, 0.0, 0, []
    while time.monotonic() - began < seconds and not wrong:
        asked = Submission(
            document=document,
            seal="receipt-east",
            document_type="logistics-receipt",
            business_number=f"{prefix}{sealed}",
            attributes={"amount_cents": 100},
            idempotency_key=f"{prefix}{sealed}",
        )
        async with GatewayClient(URL, signer) as client:
            while True:
                tries += 1
                try:
                    answer = await client.seal(asked)
                except GatewayRefusedError as refused:
                    if refused.problem.get("status") in (502, 503):
                        await asyncio.sleep(0.02)
                        continue
                    wrong.append(str(refused))
                    break
                except (ClientError, OSError, TimeoutError):
                    await asyncio.sleep(0.02)
                    if time.monotonic() - last > 120:
                        wrong.append("nothing was sealed for 120 s")
                        break
                    continue
                if not answer.content.startswith(document):
                    wrong.append("the input is no prefix of the output")
                break
        now = time.monotonic()
        gap, last = max(gap, now - last), now
        sealed += 1
    print(json.dumps({"sealed": sealed, "gap": gap, "tries": tries, "wrong": wrong}))  # noqa: T201 - a program's answer


asyncio.run(main(float(sys.argv[1]), sys.argv[2], Path(sys.argv[3]).read_bytes()))
