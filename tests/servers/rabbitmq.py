"""RabbitMQ as Debian ships it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.servers.certificates import ServerCertificate, server_certificate
from tests.servers.process import answers, directory_of, free_port, running

PASSWORD = "drei-Kraniche-7"  # noqa: S105 - of a broker that lives for one test
_USER = "rabbitmq"


@dataclass(frozen=True, slots=True)
class Broker:
    """A running broker with its user sealgate."""

    port: int
    tls_port: int
    password_file: Path
    certificate: ServerCertificate


@contextmanager
def rabbitmq() -> Iterator[Broker]:
    """Start a broker with a port mapper of its own; it takes about five seconds."""
    with directory_of(_USER) as home:
        mapper_port = free_port()
        broker = Broker(free_port(), free_port(), home / "password", server_certificate(home))
        broker.password_file.write_text(f"{PASSWORD}\n")
        (home / "rabbitmq.conf").write_text(
            f"default_user = sealgate\ndefault_pass = {PASSWORD}\n"
            f"listeners.tcp.1 = 127.0.0.1:{broker.port}\n"
            f"listeners.ssl.1 = 127.0.0.1:{broker.tls_port}\n"
            f"ssl_options.certfile = {broker.certificate.certificate}\n"
            f"ssl_options.keyfile = {broker.certificate.key}\n"
        )
        environment = {
            "RABBITMQ_NODENAME": f"sealgate-{broker.port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(home / "data"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_PID_FILE": str(home / "pid"),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null",
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(mapper_port),
        }
        with (
            running(
                ["epmd", "-port", str(mapper_port), "-address", "127.0.0.1"],
                user=_USER,
                home=home,
                ready=lambda: answers(mapper_port),
            ),
            running(
                ["/usr/lib/rabbitmq/bin/rabbitmq-server"],
                user=_USER,
                home=home,
                environment=environment,
                ready=lambda: answers(broker.port) and answers(broker.tls_port),
            ),
        ):
            yield broker
