"""What the signer process logs: one JSON object a line on standard error, and never a value.

A traceback's last line is a message, and a message may quote what it complains of; so a defect is
logged by its kind and place alone.
"""

import logging
import sys
import threading
import traceback

import structlog


def write_json_logs() -> None:
    """Configure structlog, the standard library's logging, and what ends a thread unexpectedly."""
    shared: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, renderer],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    threading.excepthook = _log_ended_thread


def kind_and_place(error: BaseException) -> dict[str, object]:
    """Describe an exception without its message: its type, and the lines that led to it."""
    frames = traceback.extract_tb(error.__traceback__)
    place = [f"{frame.filename}:{frame.lineno} in {frame.name}" for frame in frames]
    return {"kind": type(error).__name__, "place": place}


def _log_ended_thread(ended: threading.ExceptHookArgs) -> None:
    if ended.exc_value is not None:
        structlog.get_logger("signer").critical(
            "thread_ended", thread=str(ended.thread), **kind_and_place(ended.exc_value)
        )
