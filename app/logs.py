"""JSON lines on standard output: one a request, one an event; never a token, a query string or a body."""

import logging
import logging.config
import sys
from typing import Any

import orjson
import structlog

log: structlog.stdlib.BoundLogger = structlog.get_logger("lms")


def _render(_logger: object, _name: str, event: structlog.typing.EventDict) -> str:
    return orjson.dumps(event, default=str, option=orjson.OPT_UTC_Z).decode()


SHARED: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
]


def first_line(problem: BaseException) -> str:
    """What a database error says, in one line and without the statement; never empty."""
    cause = getattr(problem, "orig", None) or problem
    return str(cause).strip().partition("\n")[0] or type(cause).__name__


def request_id() -> str | None:
    """The id of the request that runs, as its log line has it; None outside of one."""
    found: str | None = structlog.contextvars.get_contextvars().get("request_id")
    return found


def configure(level: str) -> None:
    """Send this process's log lines at `level` (DEBUG, INFO, WARNING, ERROR) and above to standard output as JSON."""
    structlog.configure(
        processors=[*SHARED, _render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=structlog.WriteLoggerFactory(sys.stdout),
        cache_logger_on_first_use=False,
    )
    logging.config.dictConfig(stdlib_config(level))


def stdlib_config(level: str) -> dict[str, Any]:
    """The `logging` configuration that gives lines of libraries and of gunicorn the same shape."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "foreign_pre_chain": SHARED,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": formatter},
        "handlers": {"out": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}},
        "root": {"level": "WARNING", "handlers": ["out"]},
        "loggers": {"gunicorn.error": {"level": level, "handlers": [], "propagate": True}},
    }
