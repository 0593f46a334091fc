"""Delivery and cost for managers, over a range of days."""

from collections.abc import Mapping
from datetime import date, timedelta
from urllib.parse import urlencode

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from accounts.clock import now as clock_now
from reminders.models import TextFact
from reminders.queries import formats
from reminders.queries.day import LISTED_FIGURES
from reminders.queries.delivery import Delivery, Tally, delivery
from reminders.queries.steps import StepName, step_names
from reminders.queries.words import REASONS, lasting_in_words, reason_label
from reminders.web.charts import Bar, Chart, Series, bars
from reminders.web.figures import FIGURE_TITLES, MOODS
from reminders.web.pages import common, manager_page, staff_clock
from reminders.web.tables import Cell, Table, count, page_or_csv, share, words

DAYS_MOST = 92
_DAYS = 30
_DRAWN = ("delivered", "under_way", "undelivered", "unknown", "rejected")
_LOOKS = {**MOODS, "rejected": "ended"}


class RangeForm(forms.Form):
    """The first and the last day."""

    first = forms.DateField(
        label=gettext_lazy("From"), widget=forms.DateInput(attrs={"type": "date"})
    )
    last = forms.DateField(label=gettext_lazy("To"), widget=forms.DateInput(attrs={"type": "date"}))

    def clean(self) -> dict[str, date]:
        """In order, and not longer than a quarter."""
        days: dict[str, date] = self.cleaned_data
        if len(days) == 2 and not 0 <= (days["last"] - days["first"]).days < DAYS_MOST:
            raise forms.ValidationError(
                _("Choose from 1 to %(most)s days, the first before the last.")
                % {"most": DAYS_MOST}
            )
        return days


def _asked(request: HttpRequest, *, today: date) -> tuple[RangeForm, date, date]:
    """The range that is asked for; the last thirty days where none is, or a wrong one."""
    usual = {"first": today - timedelta(days=_DAYS - 1), "last": today}
    given = {name: request.GET[name] for name in usual if name in request.GET}
    form = RangeForm(usual | given)
    if form.is_valid() and form.cleaned_data["last"] <= today:
        return form, form.cleaned_data["first"], form.cleaned_data["last"]
    return form, usual["first"], usual["last"]


@require_safe
@manager_page
def overview(request: HttpRequest) -> HttpResponse:
    """The range in figures; one of its tables as a file where `csv` names it."""
    clock = staff_clock()
    form, first, last = _asked(request, today=clock.date(clock_now()))
    found = delivery(first, last, clock=clock)
    names = step_names(key for kind, key in found.by if kind == TextFact.Kind.STEP)
    context = common(
        tab="delivery",
        form=form,
        found=found,
        query=urlencode({"first": first, "last": last}),
        total=found.total,
        links={one: _link(found, one) for one in ("delivered", "handed_over", "still_open")},
        share_text=share(found.total.count_of("delivered"), found.total.handed_over).text,
        total_cost=_money(found.total),
        total_median=_span(found.total.median),
        chart=_chart(found),
        days=_days(found),
        gateways=_by(found, "gateway", title=_("By gateway"), names=names),
        prefixes=_by(found, "prefix", title=_("By beginning of the number"), names=names),
        steps=_by(found, "step", title=_("By step"), names=names),
        reasons=_reasons(found),
    )
    return page_or_csv(
        request,
        "staff/delivery.html",
        context,
        name=f"duecourse-{first.isoformat()}-{last.isoformat()}",
    )


@require_safe
@manager_page
def day_by_day(request: HttpRequest, *, figure: str) -> HttpResponse:
    """A number of the range, day by day; each day opens to its rows (P11)."""
    clock = staff_clock()
    _form, first, last = _asked(request, today=clock.date(clock_now()))
    kind, key = request.GET.get("by", ""), request.GET.get("key", "")
    reason = request.GET.get("reason", "")
    is_of_texts = figure in LISTED_FIGURES and not reason
    if not is_of_texts and (figure != "not_sent" or reason not in REASONS):
        raise Http404(figure)
    if kind and kind not in TextFact.Kind.values:
        raise Http404(kind)
    found = delivery(first, last, clock=clock, kind=kind, key=key)
    names = step_names([key])

    def of(day: date) -> Cell:
        if not is_of_texts:
            link = reverse("staff:day_list", args=[day, "not_sent"])
            return count(
                found.reasons_by_day.get((day, reason), 0),
                f"{link}?{urlencode({'reason': reason})}",
            )
        tally = found.days_by.get((kind, key, day), Tally()) if kind else found.days[day]
        link = reverse("staff:text_list", args=[day, figure])
        return count(tally.count_of(figure), f"{link}?{urlencode({kind: key})}" if kind else link)

    table = Table(
        key="days",
        title=_("Day by day"),
        columns=[_("Day"), FIGURE_TITLES[figure]],
        rows=[
            [Cell(formats.day_of_year(day), day.isoformat(), is_words=True), of(day)]
            for day in sorted(found.days, reverse=True)
            if day not in found.uncounted
        ],
    )
    context = common(
        tab="delivery",
        title=FIGURE_TITLES[figure],
        narrowed=[
            *([_key_label(kind, key, names=names).text] if kind else []),
            *([reason_label(reason)] if reason else []),
        ],
        found=found,
        table=table,
        sum=sum(int(str(row[1].value)) for row in table.rows),
        back=f"{reverse('staff:delivery')}?{urlencode({'first': first, 'last': last})}",
        query=urlencode(
            {k: v for k, v in request.GET.items() if k in ("first", "last", "by", "key", "reason")}
        ),
    )
    return page_or_csv(request, "staff/day_by_day.html", context, name=f"duecourse-{figure}")


def _link(found: Delivery, figure: str, **narrowed: str) -> str:
    asked = {"first": found.first.isoformat(), "last": found.last.isoformat(), **narrowed}
    return f"{reverse('staff:day_by_day', args=[figure])}?{urlencode(asked)}"


def _key_label(kind: str, key: str, *, names: Mapping[str, StepName]) -> Cell:
    if kind == TextFact.Kind.STEP:
        if not key:
            return words(_("no reminder any more"))
        return words(names[key].label, hint=names[key].policy)
    if kind == TextFact.Kind.PREFIX:
        return words(f"{key}…" if key else _("other channels"))
    return words(key)


def _by(found: Delivery, kind: str, *, title: str, names: Mapping[str, StepName]) -> Table:
    def order(key: str) -> tuple[object, ...]:
        if kind != TextFact.Kind.STEP:
            return (-found.by[kind, key].count_of("texts"), key)
        return names[key].order if key else ("~~~", 0, key)

    keys = sorted((key for its, key in found.by if its == kind), key=order)
    return Table(
        key=f"{kind}s",
        title=title,
        note={
            "prefix": _(
                "Carriers by number range; a number that was taken along keeps its beginning."
            ),
            "step": _("A text that carries several reminders belongs to the latest step of them."),
        }.get(kind, ""),
        columns=_columns(dict(TextFact.Kind.choices)[kind]),
        rows=[
            [
                _key_label(kind, key, names=names),
                *_cells(found, found.by[kind, key], by=kind, key=key),
            ]
            for key in keys
        ],
        total=[words(_("All")), *_cells(found, found.total)],
        empty=_("No text was opened in these days."),
    )


def _columns(first: object) -> list[str]:
    return [
        str(first),
        *(str(FIGURE_TITLES[figure]) for figure in ("texts", *_DRAWN)),
        str(FIGURE_TITLES["handed_over"]),
        _("Delivered of those"),
        str(FIGURE_TITLES["still_open"]),
        _("Parts"),
        _("Cost"),
        _("Median to outcome"),
    ]


def _cells(found: Delivery, tally: Tally, **narrowed: str) -> list[Cell]:
    figures, taken = ("texts", *_DRAWN), _link(found, "handed_over", **narrowed)
    return [
        *(count(tally.count_of(one), _link(found, one, **narrowed)) for one in figures),
        count(tally.handed_over, taken),
        share(
            tally.count_of("delivered"),
            tally.handed_over,
            link=_link(found, "delivered", **narrowed) if tally.count_of("delivered") else "",
        ),
        count(tally.is_open, _link(found, "still_open", **narrowed)),
        Cell(f"{tally.parts:,}", tally.parts),
        Cell(_money(tally), _money(tally), taken if tally.parts else ""),
        Cell(_span(tally.median), "" if tally.median is None else round(tally.median, 1)),
    ]


def _money(tally: Tally) -> str:
    return formats.listed(
        formats.amount(cost, currency) for currency, cost in sorted(tally.cost.items())
    )


def _span(seconds: float | None) -> str:
    return "–" if seconds is None else lasting_in_words(timedelta(seconds=round(seconds)))


def _day_links(day: date) -> tuple[str, ...]:
    return tuple(reverse("staff:text_list", args=[day, figure]) for figure in _DRAWN)


def _chart(found: Delivery) -> Chart:
    return bars(
        title=_("Texts by day and outcome"),
        unit=_("texts a day"),
        series=[Series(str(FIGURE_TITLES[figure]), _LOOKS[figure]) for figure in _DRAWN],
        places=[
            Bar(
                formats.short_day(day),
                formats.day(day),
                tuple(tally.count_of(figure) for figure in _DRAWN),
                _day_links(day),
            )
            for day, tally in sorted(found.days.items())
        ],
    )


def _days(found: Delivery) -> Table:
    return Table(
        key="days",
        title=_("Day by day"),
        columns=[_("Day"), *(FIGURE_TITLES[figure] for figure in ("texts", *_DRAWN))],
        rows=[
            [
                Cell(formats.day(day), day.isoformat(), is_words=True),
                *(
                    count(tally.count_of(one), reverse("staff:text_list", args=[day, one]))
                    for one in ("texts", *_DRAWN)
                ),
            ]
            for day, tally in sorted(found.days.items(), reverse=True)
            if tally.states
        ],
        empty=_("No text was opened in these days."),
    )


def _reasons(found: Delivery) -> Table:
    in_order = sorted(found.reasons.items(), key=lambda row: (-row[1], row[0]))
    whole = sum(found.reasons.values())
    return Table(
        key="reasons",
        title=_("Why reminders were not sent"),
        columns=[_("Reason"), _("Reminders"), _("Share")],
        rows=[
            [
                words(reason_label(reason)),
                count(rows, _link(found, "not_sent", reason=reason)),
                share(rows, whole),
            ]
            for reason, rows in in_order
        ],
        empty=_("Every reminder that was looked at became a text."),
    )
