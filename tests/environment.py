"""Environment of the suite, as a pytest plugin.

pytest-django reads the settings before any `conftest.py` is imported, so what the settings need
is put in place here; `pyproject.toml` loads this with `-p`. Values that are set already win.
"""

import base64
import os

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
