"""The gateway process, started by the keeper, which tells it the configuration's file.

It confines itself, has its children started, and only then loads the rest of itself, while they
load theirs: most of a start is Python reading modules, and every process has a core to do it on.
"""

import os
import signal
import sys
from collections import deque
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import structlog

from gateway.audit.errors import AuditLogDamagedError, CheckpointInvalidError, OtherLogKeyError
from gateway.bundles.errors import BundleFileError
from gateway.config import Config, load_config
from gateway.envelopes.carriage.errors import KeyFileError
from gateway.returns.errors import WebhookKeyError
from gateway.seals.errors import SealMaterialError
from gateway.store.errors import ContentDamagedError, StateInUseError, StoreVersionError
from gateway.store.files.ownership import sole_owner
from gateway.wiring.machine.confining import confine_gateway
from gateway.wiring.machine.logs import write_json_logs
from hsm.errors import KeyRoomError, PinRefusedError
from processes.beginning import loading
from processes.child import Child, channel_socket, start_child
from processes.errors import ProcessError
from processes.keeper import KeptSigner, OrderedSigner, ServedSigner, ServiceLine
from processes.orders import OrderLine
from strictyaml import MistakesError

PIN_REFUSED = 78
"""Exit code after a refused PIN (EX_CONFIG): a supervisor must not start us again by itself."""

_log = structlog.get_logger("gateway")

_EXPECTED = (
    AuditLogDamagedError,
    BundleFileError,
    CheckpointInvalidError,
    ContentDamagedError,
    KeyFileError,
    KeyRoomError,
    MistakesError,
    OSError,
    OtherLogKeyError,
    ProcessError,
    SealMaterialError,
    StateInUseError,
    StoreVersionError,
    WebhookKeyError,
)
"""What an operator can mend: told in one line, without a trace."""


class _Workers:
    """Starts document workers: the first of them ahead of time."""

    def __init__(self, config: Config) -> None:
        count = config.documents.workers or os.cpu_count() or 1
        self._ahead = deque(self._new() for _ in range(count))

    def start(self) -> Child:
        """One that is loading already, or a new one."""
        return self._ahead.popleft() if self._ahead else self._new()

    def _new(self) -> Child:
        return start_child("gateway.documents.worker", offline=True)


def _serve(config: Config, signers: Sequence[OrderedSigner], *, confined: bool) -> None:
    for signer in signers:
        signer.order()
    workers = _Workers(config)
    import uvloop  # noqa: PLC0415 - while signer and workers load

    with loading():
        from gateway.wiring.serving import serve  # noqa: PLC0415 - as above
    uvloop.run(serve(config, signers, confined=confined, start_worker=workers.start))


def main() -> int:
    """Confine, serve, and say in one line what an operator can mend."""
    write_json_logs()
    # Until the loop listens for it, Ctrl-C ends us as TERM does: without a trace.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # The loop gives the interpreter lock away with every system call; where another thread has it,
    # 5 ms (the default) is a long time to wait for it back. But every hand-over costs: measured at
    # 48 documents at once, 0.94 ms of CPU a document with 0.5 ms, 0.86 with 2 ms and with 5 ms.
    sys.setswitchinterval(0.002)
    os.umask(0o077)  # database, checkpoints, documents: for this user alone
    keeper = channel_socket(sys.argv[1])
    config_file = Path(sys.argv[2])
    try:
        config = load_config(config_file)
        confined = confine_gateway(config, config_file)
        if not confined:
            _log.warning("gateway_not_confined", cure="run `sealgate doctor`")
        with sole_owner(config.state_directory):
            tokens = range(len(config.hsm.tokens))
            if config.hsm.signer is None:
                line = OrderLine(keeper)
                _serve(config, [KeptSigner(line, each) for each in tokens], confined=confined)
            else:
                with closing(ServiceLine(config.hsm.signer.socket)) as service:
                    signers = [ServedSigner(service, each) for each in tokens]
                    _serve(config, signers, confined=confined)
    except PinRefusedError as error:
        _log.critical("cannot_serve", error=str(error), kind=type(error).__name__)
        return PIN_REFUSED
    except _EXPECTED as error:
        _log.critical("cannot_serve", error=str(error), kind=type(error).__name__)
        return 1
    return 0
