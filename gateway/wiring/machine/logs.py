"""Logs: one JSON object a line on standard error, ours and the libraries' alike."""

import json
import logging
import sys

import msgspec
import structlog

_encoder = msgspec.json.Encoder(enc_hook=repr)


def write_json_logs(level: int = logging.INFO) -> None:
    """Configure structlog and the standard library's logging."""
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(serializer=_line)],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(sys.stderr.buffer),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(serializer=_text_line),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)


def _line(event: object, **_options: object) -> bytes:
    try:
        return _encoder.encode(event)
    except (UnicodeEncodeError, msgspec.MsgspecError):
        # Half a surrogate pair, from somebody's path or header: a line must not fail for it.
        return json.dumps(event, default=repr).encode()


def _text_line(event: object, **_options: object) -> str:
    return _line(event).decode()
