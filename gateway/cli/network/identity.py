"""`sealgate network identity`: what organisations pin."""

from cloud_bridge.keys import SigningKey
from cloud_bridge.model import NetworkIdentity
from gateway.cli.network.options import DEFAULT_NETWORK, NetworkOption, network_configuration
from gateway.cli.options import JSONOption
from gateway.cli.terminal import out, tell_json, told_errors


def identity(as_json: JSONOption = False, config: NetworkOption = DEFAULT_NETWORK) -> None:
    """Print the network's name and public key, which its organisations pin.

    Tell it to them by another way than the network itself: it goes into their `network_key`.
    """
    configuration = network_configuration(config)
    with told_errors(OSError, ValueError):
        key = SigningKey.from_pem(configuration.keys.network.read_bytes())
    who = NetworkIdentity(name=configuration.name, signing_key=key.public)
    if as_json:
        tell_json(who)
    else:
        out.print(who.name, markup=False)
        out.print(f"network_key: {who.signing_key}", markup=False)
