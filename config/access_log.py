"""gunicorn's access log without a line for each callback that was stored: its row says it all."""

from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger


class AccessLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """All requests but callbacks that were taken, of which there are thousands a second."""

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Write the line of a request that was answered."""
        if not (environ["PATH_INFO"].startswith("/hooks/") and resp.status_code == 200):
            super().access(resp, req, environ, request_time)
