"""One JSON object a line, with the fields that a caller gave."""

import json
import logging
import sys
from datetime import UTC, datetime

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}

_PLAIN = str | int | float | bool
_OBJECTS = {"books"}


class JsonFormatter(logging.Formatter):
    """Writes a record with its extra fields beside its message."""

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        extra = {k: v for k, v in vars(record).items() if k not in _USUAL}
        # kopf adds whole objects to its records, and one may be a Secret.
        line |= {k: v for k, v in extra.items() if isinstance(v, _PLAIN) or k in _OBJECTS}
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str)


def set_up(level: str) -> None:
    """Sends all logs to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    # Each event of each object would be a line of kopf's.
    logging.getLogger("kopf").setLevel(max(logging.WARNING, logging.getLogger().level))
