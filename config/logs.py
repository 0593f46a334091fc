"""Logging: one line per record on standard error, ids and never contents (style rule 24)."""

import logging
import re
from typing import Any

_LINK = re.compile(r"(/b/)[0-9A-Za-z]+")


class WithoutLinks(logging.Filter):
    """Hides the secret of links to borrowers' pages: who reads the log could open them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record through, with what it says masked."""
        message = record.getMessage()
        if "/b/" in message:
            record.msg, record.args = _LINK.sub(r"\1***", message), ()
        return True


def logging_config(*, level: str) -> dict[str, Any]:
    """Configuration for `logging.config.dictConfig`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "filters": {"without_links": {"()": WithoutLinks}},
        "formatters": {
            "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["without_links"],
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        # Celery tells of every tick that came and went, several times a second, at INFO.
        "loggers": {
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
    }
