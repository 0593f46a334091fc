"""`python -m tests.bench.textbook.plan`: the daily loop alone, when told. See tests.bench.timed."""

import json
import time

from tests.bench.moment import TODAY


def main() -> None:
    """Ready, go, told."""
    import django

    from tests.bench.textbook.celery import app

    django.setup()
    from django.db import connection

    from tests.bench.textbook.tasks import send_daily_reminders

    app.set_current()
    connection.ensure_connection()
    print("{}", flush=True)
    input()
    started = time.monotonic()
    count = send_daily_reminders(TODAY.isoformat())
    print(json.dumps({"seconds": time.monotonic() - started, "count": count}), flush=True)


if __name__ == "__main__":
    main()
