"""A bundle has what a Debian of the least lacks, reckoned by apt itself from whatever sources."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.bundle.packages import needed
from tests.deploy.commands import run

# Enough of a release: what every target has, and two servers.
RELEASE: Mapping[str, str] = {
    "base": "Priority: required\nDepends: libc",
    "libc": "Priority: required\nPre-Depends: usrmerge | usr-is-merged",
    "usrmerge": "Depends: perl",
    "usr-is-merged": "",
    "perl-base": "Priority: required",
    "ca-certificates": "Depends: openssl",
    "dbus": "Depends: libc",
    "iproute2": "Depends: libc",
    "openssh-server": "Depends: adduser, libc",
    "openssl": "",
    "adduser": "",
    "procps": "",
    "python3": "",
    "systemd-sysv": "",
    "proxy": "Depends: libc (>= 1), lua5.9\nRecommends: proxy-doc",
    "proxy-doc": "",
    "lua5.9": "Depends: libc",
    "base-server": "Depends: base-server-99",
    "base-server-99": "Depends: perl, adduser, openssl | openssl-other",
    "openssl-other": "",
    "perl": "Depends: perl-base (= 1)\nPre-Depends: dpkg-like",
    "dpkg-like": "",
}


@pytest.fixture
def apt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Apt with that release and no other source."""
    shop, place = tmp_path / "shop", tmp_path / "apt"
    shop.mkdir()
    for each in ("lists/partial", "archives/partial", "none"):
        (place / each).mkdir(parents=True)
    (shop / "Packages").write_text("\n".join(_said(name) for name in RELEASE))
    (place / "sources.list").write_text(f"deb [trusted=yes] file:{shop} ./\n")
    settings = {
        "Dir::Etc::sourcelist": place / "sources.list",
        "Dir::Etc::sourceparts": place / "none",
        "Dir::Etc::parts": place / "none",
        "Dir::State::lists": place / "lists",
        "Dir::Cache": place,
        "APT::Architecture": "amd64",
        "APT::Sandbox::User": "root",
    }
    own = place / "apt.conf"
    own.write_text("".join(f'{name} "{value}";\n' for name, value in settings.items()))
    monkeypatch.setenv("APT_CONFIG", str(own))
    run("apt-get", "update", "-qq")


def _said(name: str) -> str:
    said = f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <no@example.com>\n"
    more = f"{RELEASE[name]}\n" if RELEASE[name] else ""
    return f"{said}{more}Filename: ./{name}.deb\nSize: 1\nSHA256: {'0' * 64}\nDescription: it\n"


@pytest.mark.usefixtures("apt")
def test_what_a_server_needs_is_there_and_no_more() -> None:
    assert needed({"balancer": ["proxy"]}) == {"balancer": ["lua5.9", "proxy"]}


@pytest.mark.usefixtures("apt")
def test_what_must_be_of_the_very_version_comes_along() -> None:
    more = needed({"database": ["base-server"]})["database"]
    assert more == ["base-server", "base-server-99", "dpkg-like", "perl", "perl-base"]


@pytest.mark.usefixtures("apt")
def test_a_release_without_such_a_package_makes_no_bundle() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        needed({"balancer": ["proxy-of-tomorrow"]})
