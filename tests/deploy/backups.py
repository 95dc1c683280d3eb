"""Backed up under callers, an upgrade whose migration breaks, and a machine that is lost for good.

What follows a loss is timed: from the power that goes to the first receipt on another machine.
"""

import json
import shutil
import subprocess
import time
import zipfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.deploy.machine import Machine, machine
from tests.deploy.playbooks import Playbooks

_CONFIG = "/etc/sealgate/config.yaml"
_NEVER = "/usr/sbin/nologin"
_BREAKS = '''"""A migration that breaks after it did something."""
import sqlalchemy as sa
from alembic import op
revision = "9999"
down_revision = "{newest}"
branch_labels = None
depends_on = None
def upgrade():
    op.create_table("half_done", sa.Column("id", sa.Integer, primary_key=True))
    op.execute("UPDATE document SET seal = 'spoiled'")
    raise RuntimeError("this migration breaks")
'''

Seal = Callable[..., dict[str, object]]


class Telling(Protocol):
    """Where steps are told."""

    def step(self, what: str) -> AbstractContextManager[list[str]]:
        """One step."""
        ...


class Making(Protocol):
    """Makes bundles."""

    def make(self, version: str) -> Path:
        """One of that version."""
        ...

    def verify(self, bundle: Path, *more: str) -> Path:
        """Unpacks it."""
        ...


def back_up_and_lose(
    steps: Telling, bundles: Making, books: Playbooks, one: Machine, seal: Seal
) -> None:
    """All of it, with the playbooks of the version that runs; the machine is gone afterwards."""
    kept = one.directory.with_name("kept")
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    seal(one, seconds=2, prefix="kept-")
    back_up(steps, books, one, seal)
    break_a_migration(steps, bundles, one, seal)
    lose(steps, books, one, kept, seal)


def back_up(steps: Telling, books: Playbooks, one: Machine, seal: Seal) -> None:
    """By the timer's service and by the playbook."""
    with steps.step("a nightly backup, made by its service") as found:
        assert one.run("systemctl", "is-enabled", "sealgate-backup.timer") == "enabled"
        before = len(_backups(one))  # of the upgrades
        began = time.monotonic()
        one.run("systemctl", "start", "sealgate-backup.service")
        found.append(f"{time.monotonic() - began:.1f} s")
        assert len(_backups(one)) == before + 1
    with steps.step("backup.yml under callers"):
        before = len(_backups(one))
        running = subprocess.Popen(
            books.command("backup.yml", sealgate_trial=True),
            cwd=books.bundle / "ansible",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        seal(one, seconds=5, prefix="during-")
        told, _ = running.communicate(timeout=300)
        assert running.returncode == 0, told
        assert len(_backups(one)) == before + 1, told


def break_a_migration(steps: Telling, bundles: Making, one: Machine, seal: Seal) -> None:
    """A newer version whose migration breaks: backed up first, rolled back, the old one runs."""
    before = one.run("sealgate", "--version")
    with steps.step("an upgrade whose migration breaks leaves all as it was") as found:
        place = bundles.verify(bundles.make("0.1.3"))
        kept = len(_backups(one))
        _add_migration(place)
        began = time.monotonic()
        ran = Playbooks(place, one).run("upgrade.yml", sealgate_trial=True)
        assert not ran.well, "it went through"
        assert "runs again" in ran.output, ran.output
        assert len(_backups(one)) == kept + 1, "no backup was made before it"
        assert one.run("sealgate", "--version") == before
        _sealgate(one, "db", "check", "--config", _CONFIG)
        _sealgate(one, "audit", "verify", "--config", _CONFIG)
        told = one.run("journalctl", "-u", "sealgate", "--no-pager")
        assert "this migration breaks" in told, "it did not come so far"
        counted = seal(one, seconds=2, prefix="after-break-")
        found.append(f"{time.monotonic() - began:.0f} s, then {counted['sealed']} receipts")


def _add_migration(bundle: Path) -> None:
    (wheel,) = (bundle / "wheels").glob("sealgate-0.1.3-*.whl")
    versions = "gateway/store/migrations/versions"
    with zipfile.ZipFile(wheel, "a") as packed:
        named = [Path(each) for each in packed.namelist() if Path(each).match(f"{versions}/*")]
        newest = max(each.name[:4] for each in named if each.name[:4].isdigit())
        packed.writestr(f"{versions}/9999_breaks.py", _BREAKS.format(newest=newest))


@dataclass(frozen=True)
class Loss:
    """What is left of a machine that is gone.

    Attributes:
        kept: a directory with the backup, the HSM's own backup and a newer tree head.
        backup: in that directory.
        documents: how many were sealed before the backup.
        after: how many after it.
    """

    kept: Path
    backup: Path
    documents: int
    after: int


def lose(steps: Telling, books: Playbooks, one: Machine, kept: Path, seal: Seal) -> None:
    """The machine's power goes and its disk with it; an empty one takes its place."""
    loss = _lost(one, kept, seal)
    one.power_off()
    began = time.monotonic()
    with machine("sg-two", one.directory.parent) as two:
        _put_hsm(two, kept)
        config = kept / "config.yaml"
        config.write_bytes(_member(loss.backup, "configuration/config.yaml"))
        on_two = Playbooks(books.bundle, two)
        variables: dict[str, Any] = {
            "services_config": str(config),
            "restore_backup": str(loss.backup),
            "restore_start": True,
        }
        with steps.step("restore.yml onto an empty machine") as found:
            ran = on_two.run("restore.yml", **variables)
            assert ran.well, ran.output
            new = int(str(seal(two, seconds=0.1, prefix="restored-")["sealed"]))
            found.append(f"from the loss to a sealed receipt {time.monotonic() - began:.0f} s")
        prove_what_is_back(steps, two, loss, new, seal)
        with steps.step("a restore over a gateway is refused, and it goes on sealing") as found:
            ran = on_two.run("restore.yml", **variables)
            assert not ran.well, "it went through"
            assert ran.changed == 0, "something was changed"
            assert "two histories do not mix" in ran.output, ran.output
            seal(two, seconds=0.1, prefix="refused-")
            found.append("nothing changed, the cure is told")


def _lost(one: Machine, kept: Path, seal: Seal) -> Loss:
    """Back up, go on sealing until that is signed, and keep what does not lie on the machine."""
    one.run("systemctl", "start", "sealgate-backup.service")
    backup = Path(shutil.copy(one.directory / _backups(one)[-1].lstrip("/"), kept))
    documents = len(_listed(one))
    _keep_hsm(one, kept)
    after = int(str(seal(one, seconds=1, prefix="lost-")["sealed"]))
    records = json.loads(_member(backup, "manifest.json"))["log"]["size"]
    head = one.directory / "var/lib/sealgate/audit/checkpoint"
    deadline = time.monotonic() + 20
    while int(head.read_text().splitlines()[1]) < records + 2 * after:  # intents and outcomes
        assert time.monotonic() < deadline, "what was sealed is not signed"
        time.sleep(0.1)
    shutil.copy(head, kept / "head")
    return Loss(kept, backup, documents, after)


def prove_what_is_back(steps: Telling, two: Machine, loss: Loss, new: int, seal: Seal) -> None:
    """What was sealed before is found; what was sealed later is told to be missing."""
    with steps.step("what was sealed before is found, and not sealed again") as found:
        expected = loss.documents + new
        assert len(_listed(two)) == expected
        seal(two, seconds=0.1, prefix="kept-")  # a small part of those that were sealed
        assert len(_listed(two)) == expected, "something was sealed a second time"
        found.append(f"{loss.documents} documents")
    with steps.step("what came after the backup is told to be missing") as found:
        shutil.copy(loss.kept / "head", two.directory / "root/head")
        name = f"/var/backups/sealgate/{loss.backup.name}"
        words = ("sealgate", "backup", "verify", name, "--checkpoint", "/root/head", "--json")
        told = json.loads(two.run(*words))
        missing = told["signedElsewhere"] - told["records"]
        found.append(f"{missing} records of {loss.after} receipts")
        assert missing >= 2 * loss.after
    with steps.step("the log of the new machine is whole, and says where it comes from"):
        _sealgate(two, "audit", "verify", "--config", _CONFIG)
        shown = _sealgate(two, "audit", "show", "-n", "200", "--json", "--config", _CONFIG)
        records = [json.loads(line) for line in shown.splitlines()]
        assert any("restored" in each for each in records), shown[-2000:]


def _backups(on: Machine) -> list[str]:
    return sorted(on.run("find", "/var/backups/sealgate", "-name", "sealgate-*.tar").split())


def _sealgate(on: Machine, *words: str) -> str:
    return on.run("runuser", "-u", "sealgate", "--", "sealgate", *words)


def _listed(on: Machine) -> list[object]:
    told = _sealgate(on, "archive", "list", "-n", "100000", "--json", "--config", _CONFIG)
    found: list[object] = json.loads(told)
    return found


def _member(backup: Path, name: str) -> bytes:
    return subprocess.run(["tar", "-xOf", backup, name], capture_output=True, check=True).stdout


def _keep_hsm(one: Machine, kept: Path) -> None:
    """The HSM's own backup, as SoftHSM has one; and the caller's key."""
    shutil.copytree(one.directory / "var/lib/sealgate-signer/tokens", kept / "tokens")
    shutil.copytree(one.directory / "etc/sealgate/hsm", kept / "hsm")
    shutil.copy(one.directory / "root/sealgate-trial/var/hsm/pin", kept / "pin")
    shutil.copytree(one.directory / "root/sealgate-trial/var/clients", kept / "clients")


def _put_hsm(two: Machine, kept: Path) -> None:
    """Before the restore, as with any HSM: keys, the module's configuration, the PIN."""
    user = ("--system", "--user-group", "--no-create-home", "--shell", _NEVER, "sealgate-signer")
    two.run("useradd", *user)
    shutil.copytree(kept / "tokens", two.directory / "var/lib/sealgate-signer/tokens")
    two.run("chown", "-R", "sealgate-signer:", "/var/lib/sealgate-signer")
    hsm = two.directory / "etc/sealgate/hsm"
    hsm.mkdir(parents=True)
    shutil.copy(kept / "hsm/softhsm2.conf", hsm)
    shutil.copy(kept / "pin", two.directory / "root/pin")
    two.run(
        "systemd-creds", "encrypt", "--with-key=host", "--name=hsm-pin", "/root/pin",
        "/etc/sealgate/hsm/hsm-pin.cred",
    )  # fmt: skip
    two.run("rm", "/root/pin")
    two.run("chmod", "-R", "a+rX", "/etc/sealgate")
    clients = two.directory / "root/sealgate-trial/var/clients"
    shutil.copytree(kept / "clients", clients)
