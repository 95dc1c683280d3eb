"""`sealgate network serve`: run the network until it is told to stop."""

import asyncio

import structlog

from cloud_bridge.network.serving import Serving
from cloud_bridge.network.serving import serve as serve_network
from cloud_bridge.network.store.migrating import SchemaNewerError
from cloud_bridge.network.store.ownership import StateInUseError
from gateway.cli.network.options import DEFAULT_NETWORK, NetworkOption, network_configuration
from gateway.cli.terminal import told_errors
from gateway.clock import SystemClock
from gateway.wiring.machine.logs import write_json_logs
from processes.notifying import keep_telling_that_we_live, notify

_log = structlog.get_logger("network")

# An event loop keeps no task alive by itself.
_living: list[asyncio.Task[None]] = []


def serve(config: NetworkOption = DEFAULT_NETWORK) -> None:
    """Run the network until TERM or Ctrl-C stops it.

    Logs are JSON on standard error.
    """
    configuration = network_configuration(config)
    write_json_logs()
    with told_errors(StateInUseError, SchemaNewerError, OSError, ValueError):
        serve_network(configuration, SystemClock(), ready=_tell)


def _tell(served: Serving) -> None:
    key = served.network.core.identity.signing_key
    _living.append(asyncio.create_task(keep_telling_that_we_live(), name="watchdog"))
    notify("READY=1")
    _log.info("ready", url=served.url, pages=served.pages, network_key=key)
