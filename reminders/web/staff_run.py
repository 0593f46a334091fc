"""Today's run for managers: what becomes of the day's reminders and texts while it goes on."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext
from django.views.decorators.http import require_safe

from accounts.clock import now as clock_now
from accounts.models.choices import Channel
from reminders.queries.day import LISTED_FIGURES, bounds
from reminders.queries.formats import Clock
from reminders.queries.run import (
    PARTS,
    TEXT_PARTS,
    Run,
    RunFilter,
    TextFilter,
    run_of,
    run_rows,
    text_rows,
)
from reminders.queries.steps import step_names
from reminders.queries.words import REASONS, reason_label
from reminders.web.charts import Bar, Chart, Series, bars
from reminders.web.figures import FIGURE_TITLES, MOODS
from reminders.web.pages import common, manager_page, staff_clock
from reminders.web.tables import Cell, Table, count, page_or_csv, words

PART_TITLES: Mapping[str, Promise] = {
    "all": gettext_lazy("Reminders of the day"),
    "to_come": gettext_lazy("Still to come"),
    "due": gettext_lazy("Due now"),
    "put_off": gettext_lazy("Put off"),
    **{part: FIGURE_TITLES[part] for part in ("not_sent", *TEXT_PARTS)},
}

PART_NOTES: Mapping[str, Promise] = {
    "all": gettext_lazy("Those that were decided today, then those that still wait for today."),
    "to_come": gettext_lazy("Their time comes later today; each is decided on fresh facts then."),
    "due": gettext_lazy("Their time has come, and a worker takes them next. The oldest is first."),
    "put_off": gettext_lazy("A rule, a hold or a busy gateway said: later, not never."),
    "not_sent": gettext_lazy("Looked at, and no text came of them; each has its reason."),
    "delivered": gettext_lazy("In a text that arrived on the phone, as the carrier says."),
    "under_way": gettext_lazy("In a text that is being handed over or not yet reported."),
    "undelivered": gettext_lazy("In a text that did not arrive, as the carrier says."),
    "unknown": gettext_lazy("In a text that may have arrived; the gateway is asked."),
    "rejected": gettext_lazy("In a text that the gateway refused, or that was cancelled."),
}

_PART_MOODS = {"all": "neutral", "to_come": "neutral", "due": "under_way", "put_off": "unsure"}


@require_safe
@manager_page
def overview(request: HttpRequest) -> HttpResponse:
    """The run as it stands; one of its tables as a file where `csv` names it."""
    now, clock = clock_now(), staff_clock()
    run = run_of(clock.date(now), clock=clock, now=now)
    waits = now - run.oldest_due_at if run.oldest_due_at else None
    context = common(
        tab="overview",
        run=run,
        now=now,
        total=run.count_of("all"),
        parts=[
            {
                "key": part,
                "title": PART_TITLES[part],
                "count": run.count_of(part),
                "mood": _PART_MOODS.get(part) or MOODS[part],
                "link": _reminders(part),
            }
            for part in PARTS
        ],
        waits=waits,
        is_slow=waits is not None and waits > timedelta(minutes=5),
        due_link=_reminders("due"),
        per_minute=run.last_hour / 60,
        chart=_minutes(run, clock=clock),
        minute_table=_minute_table(run, clock=clock),
        steps=_steps(run),
        reasons=_reasons(run),
        gateways=_gateways(run),
    )
    return page_or_csv(
        request, "staff/overview.html", context, name=f"duecourse-{run.day.isoformat()}"
    )


def _reminders(part: str, **narrowed: str) -> str:
    address = reverse("staff:run_list", args=[part])
    return f"{address}?{urlencode(narrowed)}" if narrowed else address


def _texts(day: date, figure: str, **narrowed: str) -> str:
    address = reverse("staff:text_list", args=[day, figure])
    return f"{address}?{urlencode(narrowed)}" if narrowed else address


def _steps(run: Run) -> Table:
    ids = {step for step, _part in run.by_step}
    names = step_names(ids)

    def row(step: str) -> list[Cell]:
        counts = {part: run.by_step.get((step, part), 0) for part in PARTS}
        return [
            words(names[step].label, hint=names[step].policy),
            count(sum(counts.values()), _reminders("all", step=step)),
            *(count(counts[part], _reminders(part, step=step)) for part in PARTS),
        ]

    return Table(
        key="steps",
        title=_("By step"),
        note=_("Reminders. Each is in one column, and the columns add up to the first."),
        columns=[_("Step"), _("All"), *(PART_TITLES[part] for part in PARTS)],
        rows=[row(step) for step in sorted(ids, key=lambda step: names[step].order)],
        total=[
            words(_("All steps")),
            count(run.count_of("all"), _reminders("all")),
            *(count(run.count_of(part), _reminders(part)) for part in PARTS),
        ],
        empty=_("No policy wants anything of today."),
    )


def _reasons(run: Run) -> Table:
    in_order = sorted(run.by_reason.items(), key=lambda row: (row[0][0], -row[1], row[0][1]))
    return Table(
        key="reasons",
        title=_("Why not, or not yet"),
        note=_("Reminders that were put off or became no text, by the rule that said so."),
        columns=[_("What"), _("Reason"), _("Reminders")],
        rows=[
            [
                words(PART_TITLES[part]),
                words(reason_label(reason)),
                count(rows, _reminders(part, reason=reason)),
            ]
            for (part, reason), rows in in_order
        ],
        empty=_("Nothing was put off, and everything that was looked at became a text."),
    )


def _gateways(run: Run) -> Table:
    def cells(counts: Mapping[str, int], **narrowed: str) -> Iterable[Cell]:
        yield count(sum(counts.values()), _texts(run.day, "texts", **narrowed))
        for part in TEXT_PARTS:
            yield count(counts.get(part, 0), _texts(run.day, part, **narrowed))

    sums = {part: sum(counts.get(part, 0) for counts in run.texts.values()) for part in TEXT_PARTS}
    return Table(
        key="gateways",
        title=_("Texts by gateway and channel"),
        note=_("Texts that were opened today. One text may carry several reminders."),
        columns=[
            _("Gateway"),
            _("Channel"),
            FIGURE_TITLES["texts"],
            *(FIGURE_TITLES[part] for part in TEXT_PARTS),
        ],
        rows=[
            [
                words(gateway),
                words(Channel(channel).label),
                *cells(counts, gateway=gateway, channel=channel),
            ]
            for (gateway, channel), counts in sorted(run.texts.items())
        ],
        total=[words(_("All")), words(""), *cells(sums)],
        empty=_("No text was opened today."),
    )


def _minute_link(minute: datetime, *, clock: Clock) -> str:
    return _texts(clock.date(minute), "texts", minute=minute.isoformat())


def _minutes(run: Run, *, clock: Clock) -> Chart:
    return bars(
        title=_("Texts in each minute of the last hour"),
        unit=_("texts per minute"),
        series=[Series(pgettext("messages", "texts"), "under_way")],
        places=[
            Bar(
                clock.time(minute)[:5],
                clock.time(minute)[:5],
                (rows,),
                (_minute_link(minute, clock=clock),),
            )
            for minute, rows in run.minutes
        ],
    )


def _minute_table(run: Run, *, clock: Clock) -> Table:
    return Table(
        key="minutes",
        title=_("Texts in each minute of the last hour"),
        columns=[_("Minute"), FIGURE_TITLES["texts"]],
        rows=[
            [
                words(clock.time(minute)[:5]),
                count(rows, _minute_link(minute, clock=clock)),
            ]
            for minute, rows in run.minutes
            if rows
        ],
        empty=_("No text was opened in the last hour."),
    )


@require_safe
@manager_page
def run_list(request: HttpRequest, *, part: str) -> HttpResponse:
    """The reminders of today behind a number of the run (P11)."""
    chosen = RunFilter(part, request.GET.get("step", ""), request.GET.get("reason", ""))
    if part not in PART_TITLES or (chosen.reason and chosen.reason not in REASONS):
        raise Http404(part)
    now, clock = clock_now(), staff_clock()
    day = clock.date(now)
    try:
        page = run_rows(chosen, day=day, clock=clock, now=now, after=request.GET.get("after", ""))
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    run = run_of(day, clock=clock, now=now)
    narrowed = [reason_label(chosen.reason)] if chosen.reason else []
    if chosen.step:
        narrowed.append(step_names([chosen.step])[chosen.step].label)
    context = common(
        tab="overview",
        day=day,
        title=PART_TITLES[part],
        note=PART_NOTES[part],
        narrowed=narrowed,
        count=_counted(run, chosen),
        page=page,
        back=reverse("staff:overview"),
        query=urlencode({k: v for k, v in (("step", chosen.step), ("reason", chosen.reason)) if v}),
    )
    return render(request, "staff/figure_rows.html", context)


def _counted(run: Run, chosen: RunFilter) -> int | None:
    """The number that led here; None where a step and a reason were put together by hand."""
    if not chosen.step:
        return (
            run.by_reason.get((chosen.part, chosen.reason), 0)
            if chosen.reason
            else (run.count_of(chosen.part))
        )
    if chosen.reason:
        return None
    parts = PARTS if chosen.part == "all" else (chosen.part,)
    return sum(run.by_step.get((chosen.step, part), 0) for part in parts)


@require_safe
@manager_page
def text_list(request: HttpRequest, *, day: date, figure: str) -> HttpResponse:
    """The texts of a day, or of a minute, behind a number (P11)."""
    if figure not in LISTED_FIGURES:
        raise Http404(figure)
    clock = staff_clock()
    asked = {
        key: value
        for key in ("gateway", "channel", "prefix", "step", "minute")
        if (value := request.GET.get(key)) is not None and "\0" not in value
    }
    chosen = TextFilter(
        figure,
        asked.get("gateway", ""),
        asked.get("channel", ""),
        asked.get("prefix"),
        asked.get("step"),
    )
    begins, ends = bounds(day, zone=clock.zone)
    try:
        if minute := asked.get("minute"):
            begins = datetime.fromisoformat(minute)
            ends = begins + timedelta(minutes=1)
            if begins.tzinfo is None:
                raise ValueError(minute)
        page = text_rows(chosen, begins=begins, ends=ends, after=request.GET.get("after", ""))
    except (ValueError, OverflowError) as error:
        raise Http404("after") from error
    narrowed = [
        chosen.gateway,
        dict(Channel.choices).get(chosen.channel, chosen.channel),
        chosen.prefix or "",
        step_names([chosen.step])[chosen.step].label if chosen.step else "",
    ]
    context = common(
        day=day,
        title=FIGURE_TITLES[figure],
        narrowed=[
            *(str(one) for one in narrowed if one),
            *([clock.time(begins)[:5]] if minute else []),
        ],
        count=None,
        page=page,
        back=reverse("staff:overview"),
        query=urlencode(asked),
    )
    return render(request, "staff/figure_rows.html", context)
