"""`sealgate network serve`: run the network until it is told to stop."""

import structlog

from cloud_bridge.network.serving import Serving
from cloud_bridge.network.serving import serve as serve_network
from cloud_bridge.network.store.migrating import SchemaNewerError
from cloud_bridge.network.store.ownership import StateInUseError
from gateway.cli.network.options import DEFAULT_NETWORK, NetworkOption, network_configuration
from gateway.cli.terminal import told_errors
from gateway.clock import SystemClock
from gateway.wiring.logs import write_json_logs

_log = structlog.get_logger("network")


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
    _log.info("ready", url=served.url, pages=served.pages, network_key=key)
