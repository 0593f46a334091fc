"""What the reminders changed, and how satisfied borrowers are, for managers."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from accounts.clock import now as clock_now
from reminders.core.effect import Effect, Interval, Verdict, wilson
from reminders.models import EffectFact
from reminders.queries import formats
from reminders.queries.effect import Measured, effect_rows, measured
from reminders.queries.ratings import (
    Rated,
    RatingFilter,
    rating_rows,
    ratings_by_step,
    ratings_by_week,
)
from reminders.queries.steps import step_names
from reminders.web.charts import Chart, Point, Series, lines
from reminders.web.pages import common, manager_page, staff_clock
from reminders.web.tables import Cell, Table, count, page_or_csv, share, words

_COMMENTS = 10


@require_safe
@manager_page
def overview(request: HttpRequest) -> HttpResponse:
    """The hold-out against the rest, ratings and comments; a table as a file by `csv`."""
    now, clock = clock_now(), staff_clock()
    every = measured()
    weeks = ratings_by_week(now=now, zone=clock.zone)
    commented = RatingFilter(with_comment=True)
    context = common(
        tab="effect",
        verdicts=[
            {"about": one, "mood": _MOODS[one.effect.verdict], "words": verdict(one)}
            for one in every
        ],
        counted_at=every[0].counted_at if every else None,
        effects=_effects(every),
        chart=_weeks_chart(weeks),
        weeks=_weeks(weeks),
        steps=_steps(ratings_by_step(now=now, zone=clock.zone)),
        comments=rating_rows(commented, now=now, zone=clock.zone, most=_COMMENTS),
    )
    return page_or_csv(
        request, "staff/effect.html", context, name=f"duecourse-{clock.date(now).isoformat()}"
    )


_MOODS = {Verdict.RAISED: "good", Verdict.LOWERED: "bad", Verdict.CANNOT_TELL: "unsure"}


def verdict(one: Measured) -> str:
    """What may be said of an effect, in a sentence."""
    effect = one.effect
    ends = sorted(abs(100 * end) for end in (effect.interval.low, effect.interval.high))
    figures = {"days": one.after_days, "low": f"{ends[0]:.1f}", "high": f"{ends[1]:.1f}"}
    if effect.verdict is Verdict.RAISED:
        return (
            _(
                "Reminders raised the share who pay within %(days)s days of the due date "
                "by between %(low)s and %(high)s points."
            )
            % figures
        )
    if effect.verdict is Verdict.LOWERED:
        return (
            _(
                "Reminders lowered the share who pay within %(days)s days of the due date "
                "by between %(low)s and %(high)s points."
            )
            % figures
        )
    return _cannot_tell(effect)


def _cannot_tell(effect: Effect) -> str:
    if not effect.held_out.of:
        return _("Cannot tell yet: nobody who was held out has reached that day.")
    if not effect.reminded.of:
        return _("Cannot tell yet: nobody who was reminded has reached that day.")
    if effect.more_held_out is None:
        return _("Cannot tell yet: both groups pay alike so far.")
    return ngettext(
        "Cannot tell yet: a difference like this one would take about %(more)s more borrower "
        "held out.",
        "Cannot tell yet: a difference like this one would take about %(more)s more borrowers "
        "held out.",
        effect.more_held_out,
    ) % {"more": f"{effect.more_held_out:,}"}


def _points(interval: Interval) -> str:
    return f"{100 * interval.low:+.1f} … {100 * interval.high:+.1f}"


def _group_link(one: Measured, *, held_out: bool, paid: bool) -> str:
    address = reverse("staff:group_list", args=[one.policy_id, one.after_days])
    return f"{address}?{urlencode({'held_out': int(held_out), 'paid': int(paid)})}"


def _effects(every: list[Measured]) -> Table:
    several = len({one.policy_id for one in every}) > 1

    def group(one: Measured, *, held_out: bool) -> list[Cell]:
        its = one.effect.held_out if held_out else one.effect.reminded
        return [
            count(its.hits, _group_link(one, held_out=held_out, paid=True)),
            count(its.of - its.hits, _group_link(one, held_out=held_out, paid=False)),
            share(its.hits, its.of),
        ]

    def difference(effect: Effect) -> Cell:
        if effect.difference is None:
            return Cell("–", "")
        return Cell(f"{100 * effect.difference:+.1f}", round(100 * effect.difference, 2))

    return Table(
        key="effects",
        title=_("Hold-out against the rest"),
        note=_(
            "Borrowers, not instalments, for borrowers are drawn: those about whom the policy had "
            "its say in 90 due dates. Paid in time: all of those instalments, within so many days."
        ),
        columns=[
            _("Within"),
            _("Reminded: paid"),
            _("Reminded: not"),
            _("Share"),
            _("Held out: paid"),
            _("Held out: not"),
            _("Share"),
            _("Difference, points"),
            _("95 per cent interval, points"),
        ],
        rows=[
            [
                words(f"+{one.after_days}", hint=one.policy if several else ""),
                *group(one, held_out=False),
                *group(one, held_out=True),
                difference(one.effect),
                Cell(_points(one.effect.interval), _points(one.effect.interval)),
            ]
            for one in every
        ],
        empty=_(
            "No policy has held anybody out so far, or nothing was counted yet; effects are "
            "counted every six hours."
        ),
    )


def _rating_link(**narrowed: object) -> str:
    return f"{reverse('staff:rating_list')}?{urlencode(narrowed)}"


def _rated_cells(rated: Rated, *, link: str) -> list[Cell]:
    its = wilson(rated.satisfied)
    interval = f"{100 * its.low:.1f} … {100 * its.high:.1f}"
    return [
        count(rated.satisfied.of, link),
        Cell(f"{rated.mean:.2f}", round(rated.mean, 2)),
        share(rated.satisfied.hits, rated.satisfied.of),
        Cell(interval, interval),
    ]


def _rated_table(key: str, *, title: str, first: str, rows: list[list[Cell]]) -> Table:
    return Table(
        key=key,
        title=title,
        columns=[
            first,
            _("Ratings"),
            _("Mean of 5"),
            _("Satisfied (4 or 5)"),
            _("95 per cent interval"),
        ],
        rows=rows,
        empty=_("Nobody has rated a notice in this quarter."),
    )


def _weeks(weeks: Any) -> Table:
    return _rated_table(
        "weeks",
        title=_("Ratings by week"),
        first=_("Week from"),
        rows=[
            [
                Cell(formats.day_of_year(week), week.isoformat(), is_words=True),
                *_rated_cells(rated, link=_rating_link(week=week)),
            ]
            for week, rated in sorted(weeks.items(), reverse=True)
        ],
    )


def _steps(steps: Any) -> Table:
    names = step_names(steps)

    def label(key: str) -> Cell:
        if not key:
            return words(_("link handed over by staff"))
        return words(names[key].label, hint=names[key].policy)

    return _rated_table(
        "steps",
        title=_("Ratings by step"),
        first=_("Step"),
        rows=[
            [label(key), *_rated_cells(rated, link=_rating_link(step=key))]
            for key, rated in sorted(steps.items())
        ],
    )


def _weeks_chart(weeks: Any) -> Chart:
    points = []
    for week, rated in weeks.items():
        its = wilson(rated.satisfied)
        points.append(
            Point(
                float(week.toordinal()),
                100 * rated.satisfied.value,
                f"{formats.day(week)}: {share(rated.satisfied.hits, rated.satisfied.of).text} "
                f"({rated.satisfied.of})",
                _rating_link(week=week),
                low=100 * its.low,
                high=100 * its.high,
            )
        )
    return lines(
        title=_("Satisfied borrowers by week"),
        unit=_("per cent of ratings, with the 95 per cent interval"),
        series=[(Series(_("satisfied"), "good"), points)],
        marks=[(float(week.toordinal()), formats.short_day(week)) for week in weeks],
        most=100,
    )


@require_safe
@manager_page
def group_list(request: HttpRequest, *, policy_id: int, after_days: int) -> HttpResponse:
    """Borrowers of one group who paid in time, or did not (P11)."""
    held_out, paid = (request.GET.get(name) for name in ("held_out", "paid"))
    fact = EffectFact.objects.filter(
        policy=policy_id, after_days=after_days, is_held_out=held_out == "1"
    ).first()
    if fact is None or held_out not in ("0", "1") or paid not in ("0", "1"):
        raise Http404(str(policy_id))
    try:
        page = effect_rows(
            fact, paid=paid == "1", zone=staff_clock().zone, after=request.GET.get("after", "")
        )
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    group = _("Held out") if fact.is_held_out else _("Reminded")
    outcome = _("paid in time") if paid == "1" else _("not paid in time")
    context = common(
        tab="effect",
        title=formats.listed([group, outcome]),
        note=_("Within %(days)s days of their due dates, %(first)s to %(last)s.")
        % {
            "days": after_days,
            "first": formats.day_of_year(fact.first_due),
            "last": formats.day_of_year(fact.last_due),
        },
        people=page,
        back=reverse("staff:effect"),
        query=urlencode({"held_out": held_out, "paid": paid}),
    )
    return render(request, "staff/rating_rows.html", context)


@require_safe
@manager_page
def rating_list(request: HttpRequest) -> HttpResponse:
    """Ratings of a week or a step, or those with a comment, newest first (P11)."""
    asked = {
        key: value
        for key in ("week", "step", "comment")
        if (value := request.GET.get(key)) is not None and "\0" not in value
    }
    try:
        chosen = RatingFilter(
            week=date.fromisoformat(asked["week"]) if "week" in asked else None,
            step=asked.get("step"),
            with_comment="comment" in asked,
        )
        page = rating_rows(
            chosen, now=clock_now(), zone=staff_clock().zone, after=request.GET.get("after", "")
        )
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    context = common(
        tab="effect",
        title=_("Ratings"),
        note=_("Of the last thirteen weeks, newest first."),
        ratings=page,
        back=reverse("staff:effect"),
        query=urlencode(asked),
    )
    return render(request, "staff/rating_rows.html", context)
