"""The gateway of these tests runs beside the commands, in one process."""

from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def log_apart() -> Iterator[None]:
    """The gateway's log is not what the commands print."""
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    yield
    structlog.reset_defaults()
