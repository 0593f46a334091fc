"""Whether an open page of a borrower is still up to date."""

from django.db import connection

from reminders.queries.borrower import Person
from reminders.sql import statement


def mark_of(person: Person) -> str:
    """A mark of all that the page of `person` shows: another one means that something is new.

    One statement that reads a few rows by indexes, for it is asked every few seconds by every
    open page.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement("mark_of_borrower"), {"customer_id": person.id})
        return str(cursor.fetchone()[0])
