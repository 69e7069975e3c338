"""Sets up the log: one JSON object a line on standard error, a constant event name with ids and counts beside it.

No e-mail, name, phone, body or token gets in: known words for them are dropped, and other libraries' lines are reduced to
their template, because what they fill in is a vendor's answer.
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TextIO

import structlog

PRIVATE = frozenset(
    "address authorization body company email first_name last_name mobile name note password payload phone secret "
    "subject text title token wecom_id".split()
)
"""Keys that never reach a line, whoever wrote it."""

HIDDEN = "***"
OURS = ("baton", "connector", "jobs", "mappings", "webhooks")


def configure(level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log line of this process to `stream` (standard error when none is given). Call it once, at the start."""
    number = logging.getLevelNamesMapping()[level]
    _shape(number, stream)
    root = logging.getLogger()
    root.handlers = [_Foreign()]
    root.setLevel(max(number, logging.WARNING))


def _shape(number: int, stream: TextIO | None) -> None:
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            scrub,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=lambda *_: structlog.PrintLogger(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def log() -> Any:
    """The logger. Say a constant event and ids: `log().info("page_pulled", connection=..., count=...)`. Before
    `configure`, lines go to standard error as they would by default: standard output is for machines."""
    if not structlog.is_configured():
        _shape(logging.INFO, None)
    return structlog.get_logger()


@contextmanager
def bound(**ids: object) -> Iterator[None]:
    """Put these ids on every line inside the block, such as the run and the job."""
    with structlog.contextvars.bound_contextvars(**ids):
        yield


def where(error: BaseException) -> str:
    """The innermost place of ours that an error passed, as `module:line`: what is told instead of its text."""
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if any(f"/{room}/" in frame.filename.replace("\\", "/") for room in OURS)
        and "site-packages" not in frame.filename
    ]
    if not ours:
        return ""
    path = ours[-1].filename.replace("\\", "/").rsplit("/", 2)
    return f"{'/'.join(path[-2:])}:{ours[-1].lineno}"


def scrub(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop what may be personal: known keys, and any text with an @ in it."""
    return {
        key: HIDDEN if key in PRIVATE or (isinstance(value, str) and "@" in value) else value
        for key, value in event.items()
    }


class _Foreign(logging.Handler):
    """Other libraries' lines: who, how serious, and the template without what was filled in."""

    def emit(self, record: logging.LogRecord) -> None:
        template = str(record.msg) if record.args or record.levelno < logging.ERROR else ""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        structlog.get_logger().log(
            record.levelno, "library_said", library=record.name, template=template[:200], error=kind
        )
