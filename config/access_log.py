"""gunicorn's logs without a line for each callback that was stored, since its row says it all, and
without the secrets of borrowers' links."""

from datetime import timedelta
from typing import Any

from gunicorn.glogging import Logger

from config.logs import WithoutLinks


class AccessLog(Logger):  # type: ignore[misc]  # gunicorn has no types
    """All requests but callbacks that were taken, of which there are thousands a second."""

    def setup(self, cfg: Any) -> None:
        """gunicorn's own, and every line of either log masked: addresses stand in referrers too."""
        super().setup(cfg)
        for log in (self.access_log, self.error_log):
            log.addFilter(WithoutLinks())

    def access(self, resp: Any, req: Any, environ: dict[str, Any], request_time: timedelta) -> None:
        """Write the line of a request that was answered."""
        if not (environ["PATH_INFO"].startswith("/hooks/") and resp.status_code == 200):
            super().access(resp, req, environ, request_time)
