"""What a book says of consent, weighed against what the borrower said since."""

from collections import defaultdict

from django.db import connection

from accounts.core.consent import Statement, book_changes_it
from accounts.models import ConsentEvent
from accounts.sql import statement

_CUSTOMERS_PER_SLICE = 2_000


def collect() -> None:
    """Leave in `book_consent` only those statements of the book that are worth recording."""
    with connection.cursor() as cursor:
        cursor.execute(statement("collect_consents"))
    with connection.chunked_cursor() as judged:
        judged.execute("SELECT customer_id, granted FROM book_consent WHERE is_to_be_judged")
        while rows := judged.fetchmany(_CUSTOMERS_PER_SLICE):
            _forget_what_changes_nothing(dict(rows))


def _forget_what_changes_nothing(said: dict[int, bool]) -> None:
    before: dict[int, list[Statement]] = defaultdict(list)
    for event in ConsentEvent.objects.filter(customer__in=list(said)).iterator():
        before[event.customer_id].append(
            Statement(
                granted=event.granted,
                happened_at=event.happened_at,
                channel=event.channel,
                purpose=event.purpose,
                source=event.source,
                order=event.pk,
            )
        )
    idle = [
        customer_id
        for customer_id, granted in said.items()
        if not book_changes_it(before[customer_id], granted=granted)
    ]
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM book_consent WHERE customer_id = ANY(%s)", [idle])
