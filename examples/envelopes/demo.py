"""Contracts between two companies, end to end: `python -m examples.envelopes.demo`.

Makes a network and two companies below ./var/contracts, each with an HSM token, a CA, officers and
policies of its own, starts all three, and shows four envelopes. Every result is judged by poppler's
`pdfsig`, by `sealgate verify` and, without the network, by `sealgate envelope verify`.
"""

import os
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

from examples.envelopes.browser import NoBrowserError
from examples.envelopes.companies import Company
from examples.envelopes.journeys import (
    House,
    claimed_at_delivery,
    refused_by_policy,
    sealed_by_both,
    signed_by_a_person,
)
from examples.envelopes.network import TrialNetwork
from examples.running import say, serving
from gateway.clock import SystemClock

_JOURNEYS: tuple[tuple[str, Callable[[House], None]], ...] = (
    ("A contract that both companies seal", sealed_by_both),
    ("A contract that the buyer's policies refuse", refused_by_policy),
    ("A confirmation that a person signs in a browser", signed_by_a_person),
    ("A receipt that whoever takes the goods signs", claimed_at_delivery),
)


class Ports(NamedTuple):
    """Where they listen."""

    network: int
    carrier: int
    buyer: int


def show_envelopes(
    directory: Path,
    *,
    first_step: int = 1,
    pictures: Path | None = None,
    ports: Ports | None = None,
) -> list[str]:
    """Run it all.

    Args:
        directory: where network and companies go, or are from the last time.
        first_step: what the first headline is numbered.
        pictures: where screenshots go; None: none are taken.
        ports: of the network and the two gateways; None: the usual ones.

    Returns:
        What was not as it should be.
    """
    house = _house(directory.absolute(), pictures, ports)
    say(f"[bold]{first_step}  Two companies and a network[/], each company with a CA of its own")
    _set_up(house)
    parts = (house.network.program(), house.carrier.program(), house.buyer.program())
    with serving(*parts):
        for step, (headline, journey) in enumerate(_JOURNEYS, start=first_step + 1):
            say(f"[bold]{step}  {headline}[/]")
            try:
                journey(house)
            except NoBrowserError as error:
                say(f"   left out: {error}")
        for company in (house.carrier, house.buyer):
            whole = company.told("audit", "verify").splitlines()[0]
            say(f"   audit log of {company.name}: {whole}", markup=False)
    return house.unexpected


def _house(directory: Path, pictures: Path | None, ports: Ports | None) -> House:
    folder = directory / "envelopes"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return House(
        network=TrialNetwork(directory / "network", ports.network if ports else 8490),
        carrier=Company("carrier", directory / "carrier", ports.carrier if ports else None),
        buyer=Company("buyer", directory / "buyer", ports.buyer if ports else None),
        folder=folder,
        run=f"{SystemClock().now():%m%d-%H%M%S}",
        pictures=pictures,
    )


def _set_up(house: House) -> None:
    with ThreadPoolExecutor() as threads:
        steps = (house.network.set_up, house.carrier.set_up, house.buyer.set_up)
        for done in [threads.submit(step) for step in steps]:
            done.result()
    house.carrier.join(house.network, house.buyer)
    house.buyer.join(house.network, house.carrier)
    for company in (house.carrier, house.buyer):
        say(f"   {company.title}: {company.directory}")


if __name__ == "__main__":
    os.umask(0o077)
    wanted = os.environ.get("SEALGATE_SCREENSHOTS")
    faults = show_envelopes(
        Path("var") / "contracts", pictures=None if wanted is None else Path(wanted)
    )
    for fault in faults:
        say(f"   [bold red]unexpected[/] {fault}")
    sys.exit(1 if faults else 0)
