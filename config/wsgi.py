"""What gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

_site = get_wsgi_application()

from reminders.web.hooks import ShortWay  # noqa: E402 - needs the settings

application = ShortWay(_site)
