"""Another release: a bundle made on it, installed on it without a network, used and looked over."""

import json
import time
from pathlib import Path

from tests.deploy.bundles import FIRST, Bundles
from tests.deploy.installed import exposed, first_receipts, looked_over, run_again
from tests.deploy.machine import Machine, machine
from tests.deploy.maker import made_on
from tests.deploy.playbooks import Playbooks
from tests.deploy.releases import Release, base
from tests.deploy.steps import Steps


def scenario(steps: Steps, bundles: Bundles, release: Release) -> None:
    """All of it, in order."""
    theirs = Bundles(bundles.cache / release.name)
    theirs.begin()
    bundle = _bundle(steps, bundles.cache, theirs, release)
    if bundle is None:
        return
    with machine(f"sg-{release.suite}", bundles.cache, release) as one:
        began = time.monotonic()
        books = Playbooks(theirs.verify(bundle), one)
        install(steps, books, one, began)


def _bundle(steps: Steps, cache: Path, bundles: Bundles, release: Release) -> Path | None:
    """None where a step failed, which is told: there is nothing to install."""
    made, based = None, False
    with steps.step(f"a base of {release.title} (kept for the next run)"):
        base(cache, release)
        based = True
    if based:
        with steps.step(f"a bundle by `make bundle` on {release.title}") as found:
            made = made_on(release, bundles, cache)
            found.append(f"{made.name}, {made.stat().st_size >> 20} MiB")
    return made


def install(steps: Steps, books: Playbooks, one: Machine, began: float) -> None:
    """From the bundle alone; nothing but the cable to us leads there."""
    title = one.release.title
    with steps.step(f"site.yml installs on {title}") as found:
        ran = books.run("site.yml", sealgate_trial=True)
        assert ran.well, ran.output
        found.append(f"{ran.changed} changed")
        found.append(one.run("systemctl", "--version").splitlines()[0])
        found.append(one.run(f"/opt/sealgate/{FIRST}/bin/python3", "--version"))
    first_receipts(steps, one, began)
    run_again(steps, books, sealgate_trial=True)
    exposed(steps, one)
    looked_over(steps, one)
    refuse_another(steps, books)
    with steps.step("the machine loses its power, comes back, and is well"):
        one.power_off()
        one.boot()
    looked_over(steps, one)


def refuse_another(steps: Steps, books: Playbooks) -> None:
    """A bundle of another release must not be unpacked over this one's Python."""
    with steps.step("a bundle for another release is refused") as found:
        manifest = books.bundle / "manifest.json"
        right = manifest.read_bytes()
        told = json.loads(right)
        manifest.write_text(json.dumps({**told, "target": "debian11-x86_64-python3.9"}))
        ran = books.run("site.yml", sealgate_trial=True)
        manifest.write_bytes(right)
        assert not ran.well, "it went through"
        assert ran.changed == 0, "something was changed"
        assert f"is {told['target']}" in ran.output, ran.output
        found.append("nothing changed, the cure is told")
