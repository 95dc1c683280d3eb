"""What IT says of a broker. Apart, as those who only read it need no AMQP."""

from dataclasses import dataclass, field
from pathlib import Path

from connectors.tls import TLS


@dataclass(frozen=True, slots=True, kw_only=True)
class AMQPSettings:
    """Where the broker is, and what is read and written there.

    Attributes:
        name: of the connector, for its errors.
        host: of the broker.
        port: 5671 with TLS, 5672 without.
        virtual_host: of the broker.
        user: to log in as.
        password_file: its first line is the user's password; read at every log-in.
        tls: how the broker is known; None: without TLS.
        queue: that documents come from; None: nothing is fetched.
        exchange: that results go to; empty: the default one, which takes a queue's name as the key.
        routing_key: of results; None: nothing is delivered.
        prefetch: how many messages are here, unacknowledged, at most.
        max_bytes: of a document; the body of a larger message is dropped as soon as it is here.
        timeout_seconds: for every answer of the broker.
        linger_seconds: how long a fetch lets messages gather.
    """

    name: str
    host: str
    user: str
    password_file: Path
    port: int = 5671
    virtual_host: str = "/"
    tls: TLS | None = field(default_factory=TLS)
    queue: str | None = None
    exchange: str = ""
    routing_key: str | None = None
    prefetch: int = 100
    max_bytes: int = 50 * 1024 * 1024
    timeout_seconds: float = 30.0
    linger_seconds: float = 0.1
