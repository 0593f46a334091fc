"""Promises and plans against a diary that is read day by day, and days of rest against a walk."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

from hypothesis import given
from hypothesis import strategies as st

from accounts.core.arrangements import Broken, Kept, Running, Standing, Term, standing
from reminders.core.calendar import Calendar
from reminders.core.contact_rules import ContactRules, after_rest_days
from reminders.core.vocabulary import RestDays

START = datetime(2026, 9, 1, 4, tzinfo=UTC)
A_DAY = timedelta(days=1)

terms = st.lists(
    st.tuples(st.integers(0, 40), st.integers(1, 30)),
    min_size=1,
    max_size=5,
    unique_by=lambda t: t[0],
).map(lambda rows: [Term(START + day * A_DAY, Decimal(amount)) for day, amount in rows])


def by_diary(arranged: list[Term], *, paid: Decimal, now: datetime) -> Standing:
    """Go through the days in order, and see on each whether enough had come in by then."""
    for day in sorted(term.due_at for term in arranged):
        wanted = sum((term.amount for term in arranged if term.due_at <= day), Decimal(0))
        if wanted > paid:
            missing = wanted - paid
            return Broken(day, missing) if day <= now else Running(day, missing)
    return Kept()


class TestStanding:
    @given(terms, st.integers(0, 150), st.integers(-3, 45))
    def test_is_what_a_diary_says(self, arranged: list[Term], paid: int, day: int) -> None:
        now = START + day * A_DAY

        assert standing(arranged, paid=Decimal(paid), now=now) == by_diary(
            arranged, paid=Decimal(paid), now=now
        )

    @given(terms, st.integers(0, 150), st.integers(-3, 45), st.integers(1, 50))
    def test_is_never_worse_with_more_money(
        self, arranged: list[Term], paid: int, day: int, more: int
    ) -> None:
        now = START + day * A_DAY
        order = [Broken, Running, Kept]

        poorer = standing(arranged, paid=Decimal(paid), now=now)
        richer = standing(arranged, paid=Decimal(paid + more), now=now)

        assert order.index(type(richer)) >= order.index(type(poorer))


zone_lists = st.lists(
    st.sampled_from(sorted(available_timezones())).map(ZoneInfo), min_size=1, max_size=2
)
days = st.integers(0, 40).map(lambda number: date(2026, 9, 1) + number * A_DAY)


class TestRestDays:
    @given(
        st.sets(days, max_size=25),
        st.sets(days, max_size=6),
        st.sampled_from(RestDays),
        zone_lists,
        st.integers(0, 60 * 24 * 30),
    )
    def test_end_where_every_clock_shows_a_working_day(
        self,
        holidays: set[date],
        worked: set[date],
        kept: RestDays,
        zones: list[ZoneInfo],
        minutes: int,
    ) -> None:
        calendar = Calendar("test", dict.fromkeys(holidays, "feast"), frozenset(worked - holidays))
        rules = ContactRules("test", time(8), time(21), 1, 5, 20, rest_days=kept, calendar=calendar)
        at = START + timedelta(minutes=minutes)

        def rests(when: datetime) -> bool:
            """Somewhere it is a day on which nobody is pressed."""
            shown = {when.astimezone(zone).date() for zone in zones}
            weekends = {day for day in shown if day.isoweekday() in (6, 7)} - worked
            off = {
                RestDays.NONE: set[date](),
                RestDays.HOLIDAYS: shown & holidays,
                RestDays.HOLIDAYS_AND_WEEKENDS: (shown & holidays) | weekends,
            }
            return bool(off[kept])

        until = after_rest_days(rules, at=at, zones=zones)

        assert (until is None) == (not rests(at))
        if until is not None:
            assert until > at
            assert not rests(until)
            assert "08:00" in {until.astimezone(zone).strftime("%H:%M") for zone in zones}
        if until is not None and len(zones) == 1:
            # No working day is passed over.
            (zone,) = zones
            hours = (at + timedelta(hours=n) for n in range((until - at) // timedelta(hours=1)))
            ends_on = until.astimezone(zone).date()
            assert all(rests(hour) or hour.astimezone(zone).date() == ends_on for hour in hours)
