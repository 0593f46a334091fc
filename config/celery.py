"""The Celery application: a doorbell for work whose truth is in rows."""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import (
    setup_logging,
    task_postrun,
    task_prerun,
    worker_before_create_process,
)

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("duecourse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["accounts", "reminders"])


@setup_logging.connect
def keep_django_logging(**_: Any) -> None:
    """Celery would replace the handlers of `config.logs`; having a receiver here stops it."""
    from logging.config import dictConfig

    from django.conf import settings

    dictConfig(settings.LOGGING)


@task_prerun.connect
@task_postrun.connect
def drop_dead_connections(**_: Any) -> None:
    """With CELERY_DB_REUSE_MAX a connection lives across tasks.

    Checking its health round each task is what kept every task alive when PostgreSQL's
    backends were killed under it; without this the next task on that process was lost.
    """
    from django.db import close_old_connections

    close_old_connections()


@worker_before_create_process.connect
def look_for_garbage_seldom(**_: Any) -> None:
    """A batch makes a hundred thousand objects that die with it, and hardly a cycle.

    Looking for cycles every 700 objects took a fifth of the time of a dispatch. What is loaded
    before the fork is never garbage; frozen, it is not looked at, and stays shared.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
