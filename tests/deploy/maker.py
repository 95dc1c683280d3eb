"""A machine of another release on which somebody makes a bundle, as the documentation has it."""

import shutil
from pathlib import Path

from tests.deploy.bundles import ROOT, Bundles
from tests.deploy.commands import run
from tests.deploy.containers import run_with_a_way_out
from tests.deploy.releases import Release, copy_of_base

_CHECKOUT = "srv/sealgate"
_COMMANDS = f"""
cd /{_CHECKOUT}
apt-get update -qq
apt-get install -y -qq --no-install-recommends git make >/dev/null
git init -q && git add -A
make bundle SIGNING_KEY=/srv/bundle.key.pem
"""


def made_on(release: Release, bundles: Bundles, cache: Path) -> Path:
    """What `make bundle` there makes of our checkout; what it installed is kept for the next time.

    Raises:
        RuntimeError: it fails; with its last words.
    """
    maker = cache / f"maker-{release.suite}"
    if not (maker / ".copied").exists():
        copy_of_base(cache, release, maker)
        (maker / ".copied").touch()
    place = maker / _CHECKOUT
    _check_out(place)
    shutil.copy(bundles.key, maker / "srv/bundle.key.pem")
    run_with_a_way_out(f"mk-{release.suite}", maker, _COMMANDS)
    (made,) = (place / "dist").iterdir()
    return Path(shutil.copy(made, bundles.cache / "dist"))


def _check_out(place: Path) -> None:
    """What git knows here, as it is now; the environment of an earlier time stays."""
    for each in place.iterdir() if place.exists() else ():
        if each.is_dir() and each.name != ".venv":
            shutil.rmtree(each)
        elif not each.is_dir():
            each.unlink()
    for name in filter(None, run("git", "ls-files", "-z", cwd=ROOT).split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
