"""Loading the demonstration book into an empty database."""

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from accounts import operations
from accounts.core.vocabulary import Channel, HoldKind
from accounts.demonstration.book import write_book
from accounts.importing.book import Outcome, finish_run, import_book
from accounts.importing.staging import Say
from accounts.models import Customer

_HELD_OF_THE_LATE = 0.12
_DEAD_OF_THE_LATE = 0.03
_PROMISED_FOR = (timedelta(hours=5), timedelta(days=2), timedelta(days=4))
_PROMISED_BEFORE = timedelta(days=3)
_REGION = "CN"


def load_demo_book(*, customers: int, seed: int, now: datetime, say: Say) -> Outcome | None:
    """Make up a book and import it; None, with nothing done, where there are borrowers already.

    Of those who are late a few get a hold, and a few numbers are dead, so that the work lists have
    promises, due today or later, disputes and lost borrowers to show.
    """
    if Customer.objects.exists():
        return None
    with TemporaryDirectory(prefix="duecourse-demo-") as folder:
        write_book(Path(folder), customers=customers, seed=seed, now=now)
        outcome = import_book(Path(folder), now=now, region=_REGION, demonstration=True, say=say)
    _happen_to_the_late(seed=seed, now=now)
    if outcome.run_id is not None:
        finish_run(run_id=outcome.run_id, outcome=outcome, now=now)
    return outcome


def _happen_to_the_late(*, seed: int, now: datetime) -> None:
    random = Random(seed)  # noqa: S311 - a book that can be made again, not a secret
    late = Customer.objects.filter(
        is_demonstration=True,
        loans__instalments__settled_at=None,
        loans__instalments__due_date__lt=now.date(),
    ).distinct()
    for number, customer in enumerate(late.order_by("customer_no")):
        drawn = random.random()
        if drawn >= 1 - _DEAD_OF_THE_LATE:
            _lose_number(customer, now=now)
        if drawn >= _HELD_OF_THE_LATE:
            continue
        if number % 3:
            operations.place_hold(
                customer_id=customer.pk,
                kind=HoldKind.PROMISE_TO_PAY,
                until_at=now + random.choice(_PROMISED_FOR),
                reason="demonstration",
                now=now - _PROMISED_BEFORE,
            )
        else:
            operations.place_hold(
                customer_id=customer.pk, kind=HoldKind.DISPUTE, reason="demonstration", now=now
            )


def _lose_number(customer: Customer, *, now: datetime) -> None:
    for point in customer.contact_points.filter(channel=Channel.SMS):
        operations.mark_address_unusable(
            contact_point_id=point.pk, reason="invalid_number", now=now - timedelta(days=1)
        )
