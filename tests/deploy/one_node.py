"""One machine: installed, used, disturbed, upgraded and rolled back."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.deploy.backups import back_up_and_lose
from tests.deploy.bundles import BROKEN, FIRST, SECOND, Bundles
from tests.deploy.commands import run
from tests.deploy.installed import exposed, first_receipts, looked_over, run_again, seal
from tests.deploy.machine import Machine, machine
from tests.deploy.playbooks import Playbooks
from tests.deploy.steps import Steps


def scenario(steps: Steps, bundles: Bundles, first: Path, second: Path) -> None:
    """All of it, in order."""
    refuse_bundles(steps, bundles, first)
    with machine("sg-one", bundles.cache) as one:
        began = time.monotonic()
        place = bundles.verify(first)
        books = Playbooks(place, one)
        refuse_inventories(steps, books)
        install(steps, books, one, began)
        disturb(steps, one)
        upgrade(steps, bundles, second, one)
        prove(steps, one)
        back_up_and_lose(steps, bundles, books, one, seal)


def refuse_bundles(steps: Steps, bundles: Bundles, bundle: Path) -> None:
    """What is not what its maker signed is not unpacked."""
    with steps.step("a changed bundle is refused") as found:
        content = bytearray(bundle.read_bytes())
        content[len(content) // 2] ^= 1
        changed = bundle.with_name("changed.tar")
        changed.write_bytes(content)
        found.append(_refusal(bundles, changed))
        changed.unlink()
    with steps.step("a bundle of somebody else is refused") as found:
        other = Bundles(bundles.cache / "other")
        other.cache.mkdir(exist_ok=True)
        other.make_key()
        found.append(_refusal(other, bundle))
    with steps.step("an older bundle than what runs is refused") as found:
        found.append(_refusal(bundles, bundle, "--installed", "0.2.0"))


def _refusal(bundles: Bundles, bundle: Path, *more: str) -> str:
    try:
        bundles.verify(bundle, *more)
    except RuntimeError as refused:
        return str(refused).split("refused: ", 1)[1]
    raise AssertionError("it was taken")


def refuse_inventories(steps: Steps, books: Playbooks) -> None:
    """What cannot work fails before anything is changed."""
    with steps.step("an inventory that says too little fails in the first task") as found:
        ran = books.run("site.yml")
        assert not ran.well, "it went through"
        assert ran.changed == 0, "something was changed"
        assert "Say in the inventory either" in ran.output, ran.output
        found.append("nothing changed, the cure is told")


def install(steps: Steps, books: Playbooks, one: Machine, began: float) -> None:
    """Also with an interruption in the middle."""
    with steps.step("an installation that is cut off in the middle"):
        command = books.command("site.yml", sealgate_trial=True)
        cut = subprocess.Popen(
            command,
            cwd=books.bundle / "ansible",
            env={**os.environ, "LC_ALL": "C.UTF-8", "ANSIBLE_CONFIG": "ansible.cfg"},
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + 120
        while not (one.directory / f"opt/sealgate/{FIRST}/bin/python3").is_symlink():
            assert time.monotonic() < deadline, "it never began"
            time.sleep(0.05)
        os.killpg(cut.pid, signal.SIGKILL)
        cut.wait()
    with steps.step("the same again goes on to the end") as found:
        ran = books.run("site.yml", sealgate_trial=True)
        assert ran.well, ran.output
        found.append(f"{ran.changed} changed")
    first_receipts(steps, one, began)
    with steps.step("a trial over an installation that is none is refused") as found:
        one.run("mv", "/etc/sealgate/.trial-begun", "/root/begun")
        ran = books.run("site.yml", sealgate_trial=True)
        one.run("mv", "/root/begun", "/etc/sealgate/.trial-begun")
        assert not ran.well, "it went through"
        assert ran.changed == 0, "something was changed"
        assert "that no trial made" in ran.output, ran.output
        found.append("nothing changed, the cure is told")
    run_again(steps, books, sealgate_trial=True)
    exposed(steps, one)
    looked_over(steps, one)


@contextlib.contextmanager
def sealing(one: Machine, prefix: str, seconds: float, found: list[str]) -> Iterator[None]:
    """Receipts one after the other, while something is done; asserts that none fails."""
    with ThreadPoolExecutor(1) as beside:
        work = beside.submit(seal, one, seconds=seconds, prefix=prefix)
        yield
        counted = work.result()
    found.append(f"{counted['sealed']} receipts, none failed, longest gap {counted['gap']:.1f} s")


def disturb(steps: Steps, one: Machine) -> None:
    """What happens to services and machines."""
    with steps.step("the signer is killed under callers") as found, sealing(one, "k-", 12, found):
        time.sleep(2)
        one.run("pkill", "-9", "-f", "hsm.signer")
    with (
        steps.step("the signer's service is killed under callers") as found,
        sealing(one, "s-", 20, found),
    ):
        time.sleep(2)
        one.run("systemctl", "kill", "--signal=KILL", "sealgate-signer")
    with steps.step("the gateway is killed under callers") as found, sealing(one, "g-", 20, found):
        time.sleep(2)
        one.run("systemctl", "kill", "--signal=KILL", "sealgate")
    with (
        steps.step("a gateway that hangs is restarted by the watchdog") as found,
        sealing(one, "w-", 60, found),
    ):
        time.sleep(2)
        one.run("systemctl", "kill", "--kill-whom=main", "--signal=STOP", "sealgate")
    with steps.step("the machine loses its power and comes back") as found:
        one.power_off()
        one.boot()
        counted = seal(one, seconds=3, prefix="boot-")
        found.append(f"{counted['sealed']} receipts, nobody had to enter a PIN")


def upgrade(steps: Steps, bundles: Bundles, second: Path, one: Machine) -> None:
    """To a good version, and to one that does not start."""
    place = bundles.verify(second, "--installed", FIRST)
    books = Playbooks(place, one)
    with (
        steps.step(f"upgrade to {SECOND} under callers") as found,
        sealing(one, "u-", 75, found),
    ):
        ran = books.run("upgrade.yml", sealgate_trial=True)
        assert ran.well, ran.output
        assert one.run("sealgate", "--version") == f"sealgate {SECOND}"
    with (
        steps.step(f"{BROKEN} does not start, and {SECOND} comes back by itself") as found,
        sealing(one, "b-", 110, found),
    ):
        spoiled = _spoiled(bundles)
        ran = Playbooks(spoiled, one).run("upgrade.yml", sealgate_trial=True)
        assert not ran.well, "it went through"
        assert "runs again" in ran.output, ran.output
        assert one.run("sealgate", "--version") == f"sealgate {SECOND}"
    with steps.step(f"rollback to {FIRST} by hand") as found, sealing(one, "r-", 30, found):
        ran = books.run("rollback.yml", "-e", f"rollback_to={FIRST}", sealgate_trial=True)
        assert ran.well, ran.output
        assert one.run("sealgate", "--version") == f"sealgate {FIRST}"


def _spoiled(bundles: Bundles) -> Path:
    """A version whose gateway cannot start: its worker's module is missing."""
    place = bundles.verify(bundles.make(BROKEN))
    (wheel,) = (place / "wheels").glob(f"sealgate-{BROKEN}-*.whl")
    run("zip", "-q", "-d", str(wheel), "gateway/wiring/serving.py")
    return place


def prove(steps: Steps, one: Machine) -> None:
    """What is left at the end."""
    with steps.step("the audit log of all that is whole") as found:
        told = one.run(
            "runuser", "-u", "sealgate", "--", "sealgate", "audit", "verify", "-c",
            "/etc/sealgate/config.yaml",
        )  # fmt: skip
        found.append(told.splitlines()[-1] if told else "")
