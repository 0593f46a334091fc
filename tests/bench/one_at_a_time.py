"""The product's Celery application set for a gateway that takes one text in a request.

`celery --app tests.bench.one_at_a_time worker` is what an operator has whose provider knows no
batches and lets each worker keep 32 connections; nothing else differs.
"""

import os

CONNECTIONS = 32

os.environ |= {
    "SMS_GATEWAY_TEXTS_PER_REQUEST": "1",
    "SMS_GATEWAY_CONNECTIONS": str(CONNECTIONS),
}

from config.celery import app as app  # noqa: E402 - the settings read the environment once
