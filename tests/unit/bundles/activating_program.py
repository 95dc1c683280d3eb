"""Activates a bundle until it is killed: `… activating_program DIRECTORY STEP`.

At the step it kills itself as a power cut would: no handler runs, nothing is written any more.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from gateway.bundles.copies import BundleCopies
from gateway.bundles.manifest import Manifest
from gateway.store.engines.lane import Transaction, WriterLane
from gateway.store.rows import activations
from tests.bundle_house import bundle_house

T = TypeVar("T")
STEPS = ("half a copy", "copied", "in the transaction", "recorded", "in force")


def end(step: str) -> None:
    if step == sys.argv[2]:
        os.kill(os.getpid(), signal.SIGKILL)


class Copies(BundleCopies):
    def keep(self, data: bytes, manifest: Manifest) -> None:
        partial = self.path_of(manifest).with_suffix(".partial")
        partial.write_bytes(data[: len(data) // 2])
        end("half a copy")
        super().keep(data, manifest)
        end("copied")


class Lane(WriterLane):
    async def write(self, unit: Callable[[Transaction], T]) -> T:
        activates: list[bool] = []

        def watched(transaction: Transaction) -> T:
            done = unit(transaction)
            if any(statement is activations._keep for statement, _ in transaction._later):
                activates.append(True)
                if sys.argv[2] == "in the transaction":
                    transaction.flush()  # the rows are written, and not committed
                end("in the transaction")
            return done

        done = await super().write(watched)
        if activates:
            end("recorded")
        return done


async def main(directory: Path) -> None:
    async with bundle_house(directory, copies=Copies(directory / "bundles"), lane=Lane) as house:
        house.put((directory / "next").read_bytes())
        await house.policies.refresh()
        end("in force")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
