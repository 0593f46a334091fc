"""On a long history pages are answered by indexes, and the number of their statements is fixed.

A small history stands for a long one: the planner is told that every table has five hundred times
the rows it has.
"""

from collections.abc import Iterator
from random import Random

import pytest
from django.db import connection
from django.test import Client
from pytest_django.fixtures import Settings
from pytest_django.plugin import DjangoDbBlocker

from reminders.authoring.shipped import load_shipped
from reminders.pipeline.book import count_book
from reminders.pipeline.effects import count_effects
from reminders.pipeline.rollup import roll_up
from tests.bench.history import Shape, build
from tests.bench.pages import PAGES, Drawn
from tests.bench.plans import BIG, plans_of
from tests.builders import TODAY, a_member_of_staff
from tests.clocks import set_clock

SHAPE = Shape(messages=30_000, until=TODAY, days=40)

ONE_PASS = {"manager: collections": frozenset({"accounts_loan"})}
"""Pages that may read a table from end to end: how many loans are active is a count of them all,
and their table does not grow with what is sent."""


@pytest.fixture(scope="module")
def history(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A history that looks five hundred times as long, undone at the end of this file."""
    from django.db import transaction

    with django_db_blocker.unblock(), transaction.atomic():
        load_shipped(now=SHAPE.now)
        build(SHAPE)
        roll_up(now=SHAPE.now, seconds=60)
        count_book(now=SHAPE.now)
        count_effects(now=SHAPE.now)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute(
                "UPDATE pg_class SET reltuples = reltuples * 500 WHERE relname = ANY(%s)",
                [sorted(BIG)],
            )
        yield
        transaction.set_rollback(True)


@pytest.mark.django_db
@pytest.mark.usefixtures("history")
class TestPages:
    @pytest.mark.parametrize("page", PAGES)
    def test_read_no_big_table_whole(self, page: str, client: Client, settings: Settings) -> None:
        set_clock(settings, SHAPE.now)
        client.force_login(a_member_of_staff(is_staff=True, is_superuser=True))
        drawn = Drawn(SHAPE.customers, SHAPE.first_day, SHAPE.until, Random(7))

        plans = plans_of(client, PAGES[page](drawn))

        assert plans
        for plan in plans:
            read_whole = plan.read_whole - ONE_PASS.get(page, frozenset())
            assert not read_whole, "\n".join((plan.sql, *plan.lines))
