"""An installation whose backup is made and put back: real files, a real log, no running gateway."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

from gateway.audit.checkpoint import LogKey
from gateway.backup.creating import Made, create
from gateway.backup.restoring import PutBack, restore
from gateway.backup.shelf import Shelf
from gateway.backup.verifying import Verified, verify
from gateway.cli.trial.installation import Trial
from gateway.clock import SystemClock
from gateway.config import Config, load_config
from tests.running_gateway import RunningGateway, copy_of


def silent(_line: str) -> None:
    """Nobody reads it."""


@dataclass(frozen=True)
class BackedUp:
    """An installation and the directory of its backups."""

    trial: Trial
    shelf: Shelf

    @property
    def config(self) -> Config:
        return load_config(self.trial.config_file)

    def back_up(self) -> Made:
        return create(
            self.config, self.trial.config_file, self.shelf, clock=SystemClock(), tell=silent
        )

    def verify(self, path: Path, *, checkpoint: str | None = None) -> Verified:
        return verify(path, scratch=self.shelf.directory, checkpoint=checkpoint)


def emptied(trial: Trial, directory: Path) -> BackedUp:
    """A new machine: configuration and the HSM's keys are there, state and policies are not."""
    there = copy_of(trial.directory, directory, signed=True)
    shutil.rmtree(there.directory / "state")
    shutil.rmtree(there.signed.bundles)
    there.signed.root.unlink()
    return BackedUp(there, Shelf(directory / "backups"))


def put_back(into: BackedUp, path: Path, *, on_token: LogKey | None = None) -> PutBack:
    """Verify and restore."""
    return restore(
        path,
        into.verify(path),
        into.config,
        into.trial.config_file,
        on_token=on_token,
        tell=silent,
    )


def with_receipts(template: Path, directory: Path, *, count: int = 3) -> BackedUp:
    """An installation that sealed some receipts and was stopped."""
    running = RunningGateway(copy_of(template, directory, signed=True))
    running.start()

    async def seal_all() -> None:
        for number in range(count):
            await running.seal(business_number=f"WB-{number}", idempotency_key=f"key-{number}")

    asyncio.run(seal_all())
    running.stop()
    return BackedUp(running.trial, Shelf(directory.parent / "backups"))
