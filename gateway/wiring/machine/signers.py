"""The signer of a house: of one token, or of several that hold the same keys."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from gateway.http.operation.metrics import Metrics
from hsm.client import SignerClient
from hsm.config import HSMConfig
from processes.keeper import OrderedSigner

if TYPE_CHECKING:
    from hsm.replicas.replicas import ReplicatedSigner


def open_signer(
    config: HSMConfig, sources: Sequence[OrderedSigner]
) -> "SignerClient | ReplicatedSigner":
    """The signer, to be entered.

    Args:
        config: the `hsm:` section.
        sources: starts a token's signers, in the order of `config.tokens`.
    """
    if config.replicas is None:
        (source,) = sources
        return SignerClient(
            source, deadline_seconds=config.deadline_seconds, restart=config.restart
        )
    from hsm.replicas.replicas import ReplicatedSigner  # noqa: PLC0415 - for who has replicas only

    return ReplicatedSigner(sources, config)


def told_of_tokens(
    signer: "SignerClient | ReplicatedSigner", policies: Callable[[], dict[str, Any]]
) -> Callable[[], dict[str, Any]]:
    """What readiness says besides: of the policies, and of each token where there are several."""
    if isinstance(signer, SignerClient):
        return policies
    return lambda: {
        **policies(),
        "tokens": [
            {"token": each.token, "state": each.state, "why": each.why} for each in signer.standings
        ],
    }


def measure_tokens(metrics: Metrics, signer: "SignerClient | ReplicatedSigner") -> None:
    """Put how the tokens stand into the metrics, where there are several."""
    metrics.signer_restarts.set(signer.restarts)
    if not isinstance(signer, SignerClient):
        metrics.vital.set_tokens(
            {each.token: each.state for each in signer.standings}, failovers=signer.failovers
        )
