"""Loading the demonstration book into an empty database."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from accounts import operations
from accounts.core.vocabulary import HoldKind
from accounts.demonstration.book import write_book
from accounts.importing.book import Outcome, finish_run, import_book
from accounts.importing.staging import Say
from accounts.models import Customer

_HELD_OF_THE_LATE = 0.12
_REGION = "CN"


def load_demo_book(*, customers: int, seed: int, now: datetime, say: Say) -> Outcome | None:
    """Make up a book and import it; None, with nothing done, where there are borrowers already.

    A few of those who are late get a hold, so that the pages have a promise and a dispute to
    show.
    """
    if Customer.objects.exists():
        return None
    with TemporaryDirectory(prefix="duecourse-demo-") as folder:
        write_book(Path(folder), customers=customers, seed=seed, now=now)
        outcome = import_book(Path(folder), now=now, region=_REGION, demonstration=True, say=say)
    _place_holds(seed=seed, now=now)
    if outcome.run_id is not None:
        finish_run(run_id=outcome.run_id, outcome=outcome, now=now)
    return outcome


def _place_holds(*, seed: int, now: datetime) -> None:
    random = Random(seed)  # noqa: S311 - a book that can be made again, not a secret
    late = Customer.objects.filter(
        is_demonstration=True,
        loans__instalments__settled_at=None,
        loans__instalments__due_date__lt=now.date(),
    ).distinct()
    for number, customer in enumerate(late.order_by("customer_no")):
        if random.random() >= _HELD_OF_THE_LATE:
            continue
        if number % 3:
            operations.place_hold(
                customer_id=customer.pk,
                kind=HoldKind.PROMISE_TO_PAY,
                until_at=now + timedelta(days=random.randint(2, 5)),
                reason="demonstration",
                now=now,
            )
        else:
            operations.place_hold(
                customer_id=customer.pk, kind=HoldKind.DISPUTE, reason="demonstration", now=now
            )
