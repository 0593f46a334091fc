"""Collections results for managers: buckets, cures, rolls, due months."""

from datetime import date
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from accounts.clock import now as clock_now
from reminders.core.months import AFTER_DAYS
from reminders.models import CohortFact, MonthEnd
from reminders.queries import formats
from reminders.queries.book import (
    BUCKETS,
    CURRENT,
    Ends,
    LateNow,
    LoanPage,
    active_loans,
    bucket_label,
    cohort_rows,
    cohorts,
    late_now,
    late_now_rows,
    late_then_rows,
    month_ends,
    roll,
    roll_rows,
)
from reminders.web.charts import Bar, Chart, Point, Series, bars, lines
from reminders.web.pages import common, manager_page, staff_clock
from reminders.web.tables import Cell, Table, count, page_or_csv, share, words

_ENDS, _COHORTS = 7, 6

Rolls = dict[tuple[int, int], int]


def _label(bucket: int) -> str:
    return _("not overdue") if bucket == CURRENT else bucket_label(bucket)


@require_safe
@manager_page
def overview(request: HttpRequest) -> HttpResponse:
    """Today's buckets, the rolls of the last months, and due months; a table as a file by `csv`."""
    now, clock = clock_now(), staff_clock()
    today = clock.date(now)
    late, active = late_now(today), active_loans()
    ends = month_ends(_ENDS)
    pairs = [(a, b) for b, a in zip(ends.ends, ends.ends[1:], strict=False)]
    rolls = {after.day: roll(before, after) for before, after in pairs}
    due = cohorts(_COHORTS)
    overdue = sum(one.loans for one in late.values())
    context = common(
        tab="book",
        today=today,
        overdue=overdue,
        active=active,
        overdue_share=share(overdue, active).text,
        cure=_cure(rolls, pairs=pairs),
        counted_at=ends.ends[0].counted_at if ends.ends else None,
        buckets=_buckets(late, active=active),
        chart=_trend(ends),
        trend=_trend_table(ends),
        matrix=_matrix(rolls, pairs=pairs),
        cures=_cures(rolls, pairs=pairs),
        curves=_curves(due),
        due_months=_due_months(due),
    )
    return page_or_csv(request, "staff/book.html", context, name=f"duecourse-{today.isoformat()}")


def _buckets(late: dict[int, LateNow], *, active: int) -> Table:
    def row(bucket: int) -> list[Cell]:
        one = late[bucket]
        amounts = formats.listed(
            formats.amount(amount, currency) for currency, amount in sorted(one.overdue.items())
        )
        return [
            words(bucket_label(bucket), hint=_days_of(bucket)),
            count(one.loans, reverse("staff:late_list", args=[bucket])),
            share(one.loans, active),
            Cell(amounts or "–", amounts),
        ]

    return Table(
        key="buckets",
        title=_("Overdue today"),
        note=_(
            "Active loans by the days past due of their oldest unpaid instalment, of all "
            "active loans."
        ),
        columns=[_("Bucket"), _("Loans"), _("Overdue rate"), _("Overdue amount")],
        rows=[row(bucket) for bucket in range(BUCKETS)],
    )


def _days_of(bucket: int) -> str:
    first = 30 * bucket + 1
    if bucket == BUCKETS - 1:
        return _("from %(first)s days on") % {"first": first}
    return _("%(first)s to %(last)s days") % {"first": first, "last": first + 29}


_LOOKS = ("l1", "l2", "l3", "l4", "l5", "l6", "l7")


def _trend(ends: Ends) -> Chart:
    return bars(
        title=_("Overdue rate at ends of months"),
        unit=_("per cent of loans not yet repaid"),
        series=[Series(bucket_label(bucket), _LOOKS[bucket]) for bucket in range(BUCKETS)],
        places=[
            Bar(
                formats.month(end.day),
                formats.day_of_year(end.day),
                tuple(
                    round(100 * ends.late.get((end.day, bucket), 0) / end.loans, 2)
                    if end.loans
                    else 0
                    for bucket in range(BUCKETS)
                ),
                tuple(_late_link(end.day, bucket) for bucket in range(BUCKETS)),
            )
            for end in reversed(ends.ends)
        ],
    )


def _late_link(day: date, bucket: int) -> str:
    return f"{reverse('staff:late_list', args=[bucket])}?{urlencode({'day': day})}"


def _trend_table(ends: Ends) -> Table:
    return Table(
        key="ends",
        title=_("Loans overdue at ends of months"),
        note=_(
            "Loans with an unpaid instalment then; closed loans are left out, written-off "
            "ones are in."
        ),
        columns=[_("End of"), _("Not yet repaid"), *(bucket_label(one) for one in range(BUCKETS))],
        rows=[
            [
                Cell(formats.month(end.day), end.day.isoformat(), is_words=True),
                Cell(f"{end.loans:,}", end.loans),
                *(
                    count(ends.late.get((end.day, one), 0), _late_link(end.day, one))
                    for one in range(BUCKETS)
                ),
            ]
            for end in ends.ends
        ],
        empty=_("Nothing was counted yet; the book is counted every six hours."),
    )


Pairs = list[tuple[MonthEnd, MonthEnd]]


def _out_of(moved: Rolls, was: int) -> int:
    return sum(loans for (before, _), loans in moved.items() if before == was)


def _cure(rolls: dict[date, Rolls], *, pairs: Pairs) -> str:
    if not pairs:
        return "–"
    moved = rolls[pairs[0][1].day]
    return share(moved.get((0, CURRENT), 0), _out_of(moved, 0)).text


def _roll_link(after: date, was: int, is_now: int) -> str:
    asked = {"was": was, "now": is_now}
    return f"{reverse('staff:roll_list', args=[after])}?{urlencode(asked)}"


def _matrix(rolls: dict[date, Rolls], *, pairs: Pairs) -> Table:
    every = range(CURRENT, BUCKETS)
    rows = []
    if pairs:
        before, after = pairs[0]
        moved = rolls[after.day]
        for was in every:
            whole = _out_of(moved, was)
            cells = []
            for is_now in every:
                loans = moved.get((was, is_now), 0)
                link = _roll_link(after.day, was, is_now) if loans else ""
                one = share(loans, whole, link=link)
                cells.append(Cell(one.text, one.value, link, hint=f"{loans:,}" if loans else ""))
            rows.append([words(_label(was)), Cell(f"{whole:,}", whole), *cells])
        title = _("Roll rates from %(before)s to %(after)s") % {
            "before": formats.month(before.day),
            "after": formats.month(after.day),
        }
    else:
        title = _("Roll rates")
    return Table(
        key="rolls",
        title=title,
        note=_(
            "Of the loans of a line at the earlier end of a month, the share in each bucket "
            "a month later."
        ),
        columns=[_("From"), _("Loans"), *(_label(one) for one in every)],
        rows=rows,
        empty=_("Two ends of months are needed; the book is counted every six hours."),
    )


def _cures(rolls: dict[date, Rolls], *, pairs: Pairs) -> Table:
    return Table(
        key="cures",
        title=_("Cure rates"),
        note=_(
            "Of the loans of a bucket at the end of a month, the share not overdue a month later."
        ),
        columns=[_("End of"), *(bucket_label(one) for one in range(BUCKETS))],
        rows=[
            [
                Cell(formats.month(after.day), after.day.isoformat(), is_words=True),
                *(
                    share(
                        rolls[after.day].get((one, CURRENT), 0),
                        _out_of(rolls[after.day], one),
                        link=_roll_link(after.day, one, CURRENT)
                        if rolls[after.day].get((one, CURRENT))
                        else "",
                    )
                    for one in range(BUCKETS)
                ),
            ]
            for _before, after in pairs
        ],
        empty=_("Two ends of months are needed; the book is counted every six hours."),
    )


def _cohort_link(fact: CohortFact) -> str:
    return reverse("staff:cohort_list", args=[fact.due_month, fact.after_days])


def _curves(due: dict[date, list[CohortFact]]) -> Chart:
    places = {days: float(number) for number, days in enumerate(AFTER_DAYS)}
    return lines(
        title=_("Due months: share unpaid after n days"),
        unit=_("per cent of instalments, by days after the due date"),
        series=[
            (
                Series(formats.month(month), _LOOKS[number]),
                [
                    Point(
                        places[fact.after_days],
                        100 * fact.unpaid / fact.instalments,
                        f"{formats.month(month)}, +{fact.after_days}: "
                        f"{share(fact.unpaid, fact.instalments).text}",
                        _cohort_link(fact),
                    )
                    for fact in facts
                ],
            )
            for number, (month, facts) in enumerate(due.items())
        ],
        marks=[(place, f"+{days}") for days, place in places.items()],
    )


def _due_months(due: dict[date, list[CohortFact]]) -> Table:
    def cell(facts: list[CohortFact], days: int) -> Cell:
        fact = next((one for one in facts if one.after_days == days), None)
        if fact is None:
            return Cell("–", "")
        one = share(fact.unpaid, fact.instalments)
        link = _cohort_link(fact) if fact.unpaid else ""
        return Cell(one.text, one.value, link, hint=f"{fact.unpaid:,}")

    return Table(
        key="cohorts",
        title=_("Due months"),
        note=_(
            "Of all instalments due in a month, the share not paid in full so many days "
            "after; said once all of them are that old."
        ),
        columns=[_("Due in"), _("Instalments"), *(f"+{days}" for days in AFTER_DAYS)],
        rows=[
            [
                Cell(formats.month(month), month.isoformat(), is_words=True),
                Cell(f"{facts[0].instalments:,}", facts[0].instalments),
                *(cell(facts, days) for days in AFTER_DAYS),
            ]
            for month, facts in due.items()
        ],
        empty=_("Nothing was counted yet; the book is counted every six hours."),
    )


def _rows_page(
    request: HttpRequest, page: LoanPage, *, title: str, note: str, **query: object
) -> HttpResponse:
    context = common(
        tab="book",
        title=title,
        note=note,
        page=page,
        back=reverse("staff:book"),
        query=urlencode(query),
    )
    return render(request, "staff/loan_rows.html", context)


@require_safe
@manager_page
def late_list(request: HttpRequest, *, bucket: int) -> HttpResponse:
    """Loans in a bucket: today, or at the end of the month that `day` names (P11)."""
    if bucket >= BUCKETS:
        raise Http404(str(bucket))
    clock = staff_clock()
    after, asked = request.GET.get("after", ""), request.GET.get("day", "")
    try:
        if not asked:
            today = clock.date(clock_now())
            page, when = late_now_rows(bucket, today=today, after=after), today
        else:
            when = date.fromisoformat(asked)
            page = late_then_rows(bucket, day=when, after=after)
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    return _rows_page(
        request,
        page,
        title=_("Overdue loans in %(bucket)s") % {"bucket": bucket_label(bucket)},
        note=f"{formats.day_of_year(when)}: {_days_of(bucket)}",
        **({"day": asked} if asked else {}),
    )


@require_safe
@manager_page
def roll_list(request: HttpRequest, *, day: date) -> HttpResponse:
    """Loans that went from one bucket to another in the month that ended on `day` (P11)."""
    ends = list(MonthEnd.objects.filter(day__lte=day).order_by("-day")[:2])
    if len(ends) < 2 or ends[0].day != day:
        raise Http404(str(day))
    after, before = ends
    try:
        was, is_now = int(request.GET.get("was", "")), int(request.GET.get("now", ""))
        if not (CURRENT <= was < BUCKETS and CURRENT <= is_now < BUCKETS):
            raise ValueError(was, is_now)
        page = roll_rows(
            was,
            is_now,
            before=before,
            after=after,
            zone=staff_clock().zone,
            place=request.GET.get("after", ""),
        )
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    return _rows_page(
        request,
        page,
        title=_("From %(was)s to %(now)s") % {"was": _label(was), "now": _label(is_now)},
        note=f"{formats.day_of_year(before.day)} – {formats.day_of_year(after.day)}",
        was=was,
        now=is_now,
    )


@require_safe
@manager_page
def cohort_list(request: HttpRequest, *, day: date, after_days: int) -> HttpResponse:
    """Instalments of a due month that were unpaid so many days after (P11)."""
    if after_days not in AFTER_DAYS or day.day != 1:
        raise Http404(str(day))
    try:
        page = cohort_rows(
            day,
            after_days=after_days,
            zone=staff_clock().zone,
            after=request.GET.get("after", ""),
        )
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    return _rows_page(
        request,
        page,
        title=_("Unpaid %(days)s days after they were due") % {"days": after_days},
        note=_("Due in %(month)s") % {"month": formats.month(day)},
    )
