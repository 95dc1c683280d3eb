"""A network and two companies, each a real installation that may be killed."""

import subprocess
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from examples.envelopes.companies import Company
from examples.envelopes.network import TrialNetwork
from examples.running import PROGRAM
from gateway.client import GatewayClient
from tests.chaos.installation import Installation, free_port, install
from tests.chaos.supervisor import Supervisor

SIDES = ("carrier", "buyer")


@dataclass(frozen=True, slots=True)
class NetworkSite:
    """What serves the network."""

    network: TrialNetwork

    @property
    def command(self) -> tuple[str, ...]:
        """See `tests.chaos.supervisor.Served`."""
        return (str(PROGRAM), "network", "serve", "-c", str(self.network.config_file))

    @property
    def log_file(self) -> Path:
        """See `tests.chaos.supervisor.Served`."""
        return self.network.directory / "network.log"

    @property
    def tokens(self) -> None:
        """See `tests.chaos.supervisor.Served`."""


@dataclass(frozen=True, slots=True)
class Site:
    """A company: who it is on the network, and its installation behind the shim."""

    company: Company
    installation: Installation

    @property
    def name(self) -> str:
        """Of `SIDES`."""
        return self.company.name

    def client(self) -> GatewayClient:
        """Of its own system."""
        return self.company.client()


@dataclass(frozen=True, slots=True)
class Town:
    """All of it."""

    network: NetworkSite
    sites: Mapping[str, Site]

    def partner_of(self, site: Site) -> Site:
        """The other company."""
        (other,) = (each for each in self.sites.values() if each is not site)
        return other


def found(directory: Path) -> Town:
    """Make the network and both companies; each gets its card once it runs.

    Args:
        directory: where all of it goes.
    """
    network = TrialNetwork(directory / "network", port=free_port())
    with ThreadPoolExecutor() as threads:
        set_up = threads.submit(network.set_up)
        sites = dict(zip(SIDES, threads.map(partial(_site, directory), SIDES), strict=True))
        set_up.result()
    one, other = (each.company for each in sites.values())
    one.join(network, other)
    other.join(network, one)
    return Town(NetworkSite(network), sites)


def _site(directory: Path, side: str) -> Site:
    template = directory / f"{side}-template"
    command = (PROGRAM, "init", "--directory", template, "--company", side)
    subprocess.run(command, check=True, capture_output=True)
    installation = install(template, directory / side, kit=side)
    return Site(Company(side, installation.trial.directory), installation)


class Keepers:
    """Keep all three running; a `tests.chaos.killer.Killable`: `carrier signer`, `network keeper`.

    Attributes:
        supervisors: of each of the three.
    """

    def __init__(self, town: Town) -> None:
        served = {"network": town.network} | {
            side: site.installation for side, site in town.sites.items()
        }
        self.supervisors = {name: Supervisor(each) for name, each in served.items()}

    async def ready(self) -> None:
        """Wait until all three serve."""
        for each in self.supervisors.values():
            await each.ready()

    def kill(self, target: str, *, only: int | None = None) -> int:
        """`kill -9`; gives how many processes it hit."""
        name, _, part = target.partition(" ")
        return self.supervisors[name].kill(part, only=only)
