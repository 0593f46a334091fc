"""Environment of the suite, as a pytest plugin.

pytest-django reads the settings before any `conftest.py` is imported, so what the settings need
is put in place here; `pyproject.toml` loads this with `-p`. Values that are set already win.
"""

import base64
import os
from urllib.parse import urlsplit, urlunsplit

DATABASE_WAS_GIVEN = "DATABASE_URL" in os.environ
REDIS_WAS_GIVEN = "REDIS_URL" in os.environ

_FOR_TESTS = {
    "SECRET_KEY": "for tests only",
    "FIELD_KEYS": base64.b64encode(bytes(range(32))).decode(),
    "SMS_GATEWAY_TOKEN": "token-for-tests",
    "SMS_GATEWAY_SECRET": "secret-for-tests",
    # Port 1 answers nobody: tests without a database never connect, and the fixtures of
    # conftest.py say what to do before one that needs it tries.
    "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
    "REDIS_URL": "redis://127.0.0.1:1/0",
}

for _name, _value in _FOR_TESTS.items():
    os.environ.setdefault(_name, _value)

# Of several processes that share the suite, pytest-django gives each a database of its own; here
# each gets its own numbers in the one Redis, or its own virtual host in the one RabbitMQ of
# `make test-rabbitmq`, or one would take the other's doorbells.
if REDIS_WAS_GIVEN and (_process := os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw")):
    for _name in ("REDIS_URL", "CELERY_BROKER_URL"):
        _url = urlsplit(os.environ.get(_name, ""))
        if _url.scheme.startswith("redis"):
            os.environ[_name] = urlunsplit(_url._replace(path=f"/{int(_process) + 1}"))
        elif _url.scheme == "amqp":
            os.environ[_name] = urlunsplit(_url._replace(path=f"/gw{_process}"))
