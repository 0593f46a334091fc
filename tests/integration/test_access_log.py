"""The access log leaves out what is stored anyway, and nothing else."""

import logging
from datetime import timedelta
from types import SimpleNamespace

import pytest
from gunicorn.config import Config

from config.access_log import AccessLog

HOOK = "/hooks/simulator/receipts"


@pytest.mark.parametrize(
    ("path", "status", "lines"),
    [(HOOK, 200, 0), (HOOK, 403, 1), (HOOK, 500, 1), ("/staff/", 200, 1), ("/b/secret1", 200, 1)],
)
def test_leaves_out_callbacks_that_were_stored(
    path: str, status: int, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    config = Config()
    config.set("accesslog", "-")
    config.set("access_log_format", "%(U)s %(s)s")
    log = AccessLog(config)
    log.access_log.addHandler(caplog.handler)
    answer = SimpleNamespace(status=f"{status} said", status_code=status, sent=2, headers=[])
    request = SimpleNamespace(headers=[])
    environ = {"REQUEST_METHOD": "POST", "RAW_URI": path, "PATH_INFO": path}
    environ["SERVER_PROTOCOL"] = "HTTP/1.1"
    try:
        with caplog.at_level(logging.INFO, logger="gunicorn.access"):
            log.access(answer, request, environ, timedelta(seconds=1))
    finally:
        log.access_log.removeHandler(caplog.handler)

    assert [r.getMessage() for r in caplog.records] == [
        f"{path} {status}".replace("secret1", "***")
    ] * lines
