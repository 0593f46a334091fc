"""`python -m tests.bench.timed WHAT`: one piece of the product, warmed up, done when told.

Says `{}` when it is ready, waits for a line, does it, and tells the result as a line of JSON; as
often as it is told. So starting Python and Django is in no figure.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from io import StringIO
from typing import Any


def main() -> None:
    """Ready, go, told; until the input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=WORK)
    parser.add_argument("arguments", nargs="*")
    options = parser.parse_args()

    import django

    django.setup()
    from django.db import connection

    connection.ensure_connection()
    work = WORK[options.what](*options.arguments)
    _say({})
    for _line in sys.stdin:
        started = time.monotonic()
        told = work()
        _say({"seconds": time.monotonic() - started, **told})


def _say(what: dict[str, Any]) -> None:
    print(json.dumps(what), flush=True)


def _plan() -> Callable[[], dict[str, Any]]:
    from reminders.pipeline.planning import plan
    from tests.bench.moment import PLANNED_AT

    return lambda: asdict(plan(now=PLANNED_AT))


def _plan_whole() -> Callable[[], dict[str, Any]]:
    from reminders.pipeline.planning import plan
    from tests.bench.moment import PLANNED_AT

    return lambda: asdict(plan(now=PLANNED_AT, whole=True))


def _import_book(folder: str) -> Callable[[], dict[str, Any]]:
    from django.core.management import call_command

    def work() -> dict[str, Any]:
        said = StringIO()
        call_command("import_book", folder, demonstration=True, format="json", stdout=said)
        return {}

    return work


def _by_hand() -> Callable[[], dict[str, Any]]:
    """A text by hand to the next of the borrowers who are kept for it, as the page asks for one."""
    from accounts.clock import now
    from accounts.models import Instalment, Staff
    from reminders.models import MessageTemplate
    from reminders.pipeline.by_hand import request_by_hand
    from reminders.web.staff_actions import (
        _ring as ring,  # as the page does, whatever lane it takes
    )
    from tests.bench.book import AGENT
    from tests.bench.moment import FAR_DUE_DATE

    agent = Staff.objects.get(username=AGENT)
    template = MessageTemplate.objects.get(key="before-due")
    waiting = list(
        Instalment.objects.filter(due_date=FAR_DUE_DATE, seq=2, settled_at=None)
        .exclude(loan__customer__holds__isnull=False)
        .exclude(loan__customer__consent_events__granted=False)
        .order_by("id")
        .values_list("id", "loan__customer")
    )
    seen: set[int] = set()
    firsts = [(i, c) for i, c in waiting if not (c in seen or seen.add(c))]  # type: ignore[func-returns-value]
    borrowers = iter(firsts)

    def work() -> dict[str, Any]:
        found = next(borrowers, None)
        if found is None:
            return {"asked": False}
        instalment_id, customer_id = found
        asked_at = now()
        reminder_id = request_by_hand(
            instalment_id=instalment_id,
            template_id=template.pk,
            requested_by=agent,
            now=asked_at,
        )
        ring(customer_id)
        return {"asked": True, "reminder": reminder_id, "asked_at": asked_at.timestamp()}

    return work


WORK: dict[str, Callable[..., Callable[[], dict[str, Any]]]] = {
    "plan": _plan,
    "plan_whole": _plan_whole,
    "import_book": _import_book,
    "by_hand": _by_hand,
}

if __name__ == "__main__":
    main()
