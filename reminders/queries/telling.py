"""An explanation as lines that a collections agent could read out on the phone."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reminders.queries import formats
from reminders.queries.borrower import BorrowerSheet, Person
from reminders.queries.codes import fate
from reminders.queries.explaining import CustomerExplained, ReminderExplained, SentRow
from reminders.queries.outlook import UpcomingRow
from reminders.queries.past import Asked, DecidedRow, Subject
from reminders.queries.words import days_in_words

_MARKS = {True: "✓", False: "✗", None: "·"}


def tell_customer(explained: CustomerExplained, *, now: datetime) -> Iterator[str]:
    """Who it is, what is owed, what comes and why, and what was."""
    person = explained.sheet.person
    yield from _who(explained.sheet, now=now)
    yield ""
    yield from _outlook(explained, person=person)
    if explained.past:
        yield ""
        yield _("What was decided before, newest first:")
        for one in explained.past:
            yield ""
            yield from _past(one, with_rules=False)


def tell_reminder(explained: ReminderExplained) -> Iterator[str]:
    """One reminder with every rule that was asked."""
    person = explained.person
    yield f"{person.name} ({person.customer_no}), {person.timezone}"
    if explained.upcoming:
        yield from _upcoming(explained.upcoming, person=person)
    else:
        yield from _past(explained, with_rules=True)


def _who(sheet: BorrowerSheet, *, now: datetime) -> Iterator[str]:
    person = sheet.person
    number = sheet.phone.masked if sheet.phone else _("no number")
    yield f"{person.name} ({person.customer_no}), {number}"
    yield _("Where they live (%(zone)s) it is %(time)s.") % {
        "zone": person.timezone,
        "time": person.clock.long(now),
    }
    for owed in sheet.owed:
        if owed.overdue:
            yield _("Overdue: %(amount)s for %(days)s; penalty so far %(penalty)s.") % {
                "amount": formats.amount(owed.overdue, owed.currency),
                "days": days_in_words(owed.dpd),
                "penalty": formats.amount(owed.penalty, owed.currency),
            }
        if owed.next_due_date:
            yield _("Next due: %(amount)s on %(day)s.") % {
                "amount": formats.amount(owed.next_due_amount, owed.currency),
                "day": formats.day_of_year(owed.next_due_date),
            }
    if not sheet.owed:
        yield _("No active loan: nothing is owed and nothing is sent.")
    why = "; ".join(sheet.risk.reasons) or _("not judged yet")  # gettext reads no f-strings
    yield f"{sheet.risk.label}: {why}."
    yield from _holds(sheet)


def _holds(sheet: BorrowerSheet) -> Iterator[str]:
    """Those in force; and promises and plans that the payments have judged."""
    clock = sheet.person.clock
    for hold in sheet.holds:
        words = {
            "kind": hold.kind_label,
            "until": clock.instant(hold.until_at) if hold.until_at else _("it is released"),
            "missing": formats.number(hold.missing or Decimal(0)),
            "at": clock.instant(hold.next_due_at) if hold.next_due_at else "",
        }
        if hold.standing == "kept":
            yield _("Kept: %(kind)s.") % words
        elif hold.standing == "broken":
            yield _("Broken: %(kind)s; %(missing)s was missing at %(at)s.") % words
        elif hold.standing == "in_force":
            yield _("On hold: %(kind)s, until %(until)s.") % words
            if hold.terms:
                yield _("%(missing)s is still to come by %(at)s.") % words


def _outlook(explained: CustomerExplained, *, person: Person) -> Iterator[str]:
    outlook = explained.outlook
    if not outlook.is_complete:
        yield _("The borrower's data cannot be read, so nothing is planned or sent.")
        return
    for title in outlook.held_out_of:
        yield _("“%(title)s” leaves this borrower out on purpose, to measure its effect.") % {
            "title": title
        }
    if not outlook.upcoming:
        yield _("Nothing is planned for the next 48 hours.")
    for row in outlook.upcoming:
        yield from _upcoming(row, person=person)
        yield ""
    if outlook.later:
        yield _("Later, if still unpaid:")
        for later in outlook.later:
            yield f"  {person.clock.instant(later.at)}  {later.offset_label}, " + _instalment(
                later.loan_no, later.seq
            )


def _upcoming(row: UpcomingRow, *, person: Person) -> Iterator[str]:
    yield _subject(row.subject)
    yield "  " + _("Wanted at %(time)s where they live.") % {
        "time": person.clock.instant(row.wanted_at)
    }
    for moment in row.moments:
        said = " ".join(part for part in (moment.because, moment.happens) if part)
        yield f"  {person.clock.instant(moment.at)}: {said}"
    yield from _asked(row.asked)
    if row.text_missing:
        yield "  " + row.text_missing
    if row.text:
        parts = ngettext("%(n)d part", "%(n)d parts", row.parts) % {"n": row.parts}
        yield "  " + _("It would say (%(parts)s): %(text)s") % {"parts": parts, "text": row.text}


def _past(explained: ReminderExplained, *, with_rules: bool) -> Iterator[str]:
    person = explained.person
    if explained.sent:
        yield from _sent(explained.sent, person=person, with_rules=with_rules)
    elif explained.decided:
        yield from _decided(explained.decided, person=person, with_rules=with_rules)


def _sent(row: SentRow, *, person: Person, with_rules: bool) -> Iterator[str]:
    message = row.message
    yield _subject(row.subject)
    yield "  " + _("Went out at %(time)s to %(number)s: %(text)s") % {
        "time": person.clock.instant(message.opened_at),
        "number": message.masked,
        "text": message.body,
    }
    ended = f", {person.clock.instant(message.ended_at)}" if message.ended_at else ""
    because = f" ({message.reason_label})" if message.reason else ""
    yield f"  {message.state_label}{because}{ended}"
    yield "  " + fate(message.state)
    if with_rules and row.asked:
        yield "  " + _("It went out because every rule let it pass:")
        yield from _asked(row.asked)


def _decided(row: DecidedRow, *, person: Person, with_rules: bool) -> Iterator[str]:
    yield _subject(row.subject)
    yield f"  {row.state_label}: {row.sentence}"
    if row.next_at:
        yield "  " + _("It is looked at again at %(time)s.") % {
            "time": person.clock.instant(row.next_at)
        }
    if with_rules:
        yield from _asked(row.asked)


def _asked(asked: Iterable[Asked]) -> Iterator[str]:
    for row in asked:
        answer = _("not asked") if row.passed is None else row.answer
        yield f"    {_MARKS[row.passed]} {row.question} {answer}".rstrip()


def _subject(subject: Subject) -> str:
    about = _instalment(subject.loan_no, subject.seq)
    due = _("due %(day)s") % {"day": formats.day_of_year(subject.due_date)}
    if subject.requested_by:
        what = _("By hand: %(name)s, “%(template)s”") % {
            "name": subject.requested_by,
            "template": subject.template_title,
        }
    else:
        what = (
            f"{subject.offset_label} ({subject.step_key}, "
            f"{subject.policy_title} v{subject.policy_version})"
        )
    return f"[reminder:{subject.reminder_id}] {what}; {about}, {due}"


def _instalment(loan_no: str, seq: int) -> str:
    return _("loan %(loan)s, instalment %(seq)s") % {"loan": loan_no, "seq": seq}
