"""The project: settings, Celery, URLs, and the launcher for one machine."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
