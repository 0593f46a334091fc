"""The Celery application: a doorbell for work whose truth is in rows."""

import os
from typing import Any

from celery import Celery
from celery.signals import setup_logging, task_postrun, task_prerun

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
