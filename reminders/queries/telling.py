"""An explanation as lines that a collections agent could read out on the phone."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from reminders.queries import formats
from reminders.queries.borrower import BorrowerSheet, Person
from reminders.queries.codes import fate
from reminders.queries.explaining import CustomerExplained, ReminderExplained, SentRow
from reminders.queries.messages import MessageRow
from reminders.queries.outlook import UpcomingRow
from reminders.queries.past import Asked, DecidedRow, Subject
from reminders.queries.words import days_in_words, sentence

_MARKS = {True: "✓", False: "✗"}


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
    yield _("%(name)s (%(customer)s). All times are those where they live: %(zone)s.") % {
        "name": person.name,
        "customer": person.customer_no,
        "zone": person.timezone,
    }
    if explained.upcoming:
        yield from _upcoming(explained.upcoming, person=person, earlier=explained.earlier)
    else:
        yield from _past(explained, with_rules=True)


def _who(sheet: BorrowerSheet, *, now: datetime) -> Iterator[str]:
    person = sheet.person
    number = sheet.phone.masked if sheet.phone else _("no number")
    yield _("%(name)s (%(customer)s), %(number)s") % {
        "name": person.name,
        "customer": person.customer_no,
        "number": number,
    }
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
    why = sheet.risk.reasons or (_("Not judged yet"),)
    yield formats.sentences(map(sentence, (sheet.risk.label, *why)))
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
            yield "  " + _("%(time)s  %(step)s, loan %(loan)s, instalment %(seq)s") % {
                "time": person.clock.instant(later.at),
                "step": later.offset_label,
                "loan": later.loan_no,
                "seq": later.seq,
            }


def _upcoming(
    row: UpcomingRow, *, person: Person, earlier: Iterable[MessageRow] = ()
) -> Iterator[str]:
    yield _subject(row.subject)
    yield "  " + _("Planned for %(time)s where they live.") % {
        "time": person.clock.instant(row.wanted_at)
    }
    yield from _earlier(earlier, person=person)
    if row.put_off_because:
        yield "  " + _("Not sent so far: %(why)s") % {"why": row.put_off_because}
    for moment in row.moments:
        yield "  " + _("%(time)s: %(what)s") % {
            "time": person.clock.instant(moment.at),
            "what": formats.sentences([moment.because, moment.happens]),
        }
    yield from _asked(row.asked)
    if row.text_missing:
        yield "  " + row.text_missing
    if row.text:
        parts = ngettext("%(n)d part", "%(n)d parts", row.parts) % {"n": row.parts}
        yield "  " + _("It would say (%(parts)s): %(text)s") % {"parts": parts, "text": row.text}


def _past(explained: ReminderExplained, *, with_rules: bool) -> Iterator[str]:
    person = explained.person
    if explained.sent:
        yield _subject(explained.sent.subject)
        yield from _earlier(explained.earlier, person=person)
        yield from _sent(explained.sent, person=person, with_rules=with_rules)
    elif explained.decided:
        yield _subject(explained.decided.subject)
        yield from _earlier(explained.earlier, person=person)
        yield from _decided(explained.decided, person=person, with_rules=with_rules)


def _earlier(messages: Iterable[MessageRow], *, person: Person) -> Iterator[str]:
    for message in messages:
        yield "  " + _(
            "A text of %(time)s did not arrive (%(reason)s); that may pass, so another was planned."
        ) % {"time": person.clock.instant(message.opened_at), "reason": message.reason_label}


def _sent(row: SentRow, *, person: Person, with_rules: bool) -> Iterator[str]:
    message, clock = row.message, person.clock
    yield "  " + _("Text of %(time)s to %(number)s: %(text)s") % {
        "time": clock.instant(message.opened_at),
        "number": message.masked,
        "text": message.body,
    }
    if message.reason and not message.is_for_a_person:  # that says it again
        state = _("%(state)s (%(reason)s)") % {
            "state": message.state_label,
            "reason": message.reason_label,
        }
    else:
        state = message.state_label
    if message.ended_at:
        state = _("%(state)s, %(time)s") % {"state": state, "time": clock.instant(message.ended_at)}
    became = fate(
        message.state,
        is_for_a_person=message.is_for_a_person,
        may_have_reached=message.may_have_reached_at is not None,
    )
    yield "  " + formats.sentences([sentence(state), became])
    if message.settlement:
        yield "  " + _("%(name)s found out at %(time)s: %(note)s") % {
            "name": message.settlement.settled_by,
            "time": clock.instant(message.settlement.settled_at),
            "note": message.settlement.note,
        }
    if with_rules and row.asked:
        yield "  " + _("Every rule let it pass:")
        yield from _asked(row.asked)


def _decided(row: DecidedRow, *, person: Person, with_rules: bool) -> Iterator[str]:
    why = [row.sentence]
    if row.is_overtaken:
        why.append(_("By the time it could have gone out, it would not have been true any more."))
    yield "  " + _("Not sent: %(why)s") % {"why": formats.sentences(why)}
    if row.next_at:
        yield "  " + _("It is looked at again at %(time)s.") % {
            "time": person.clock.instant(row.next_at)
        }
    if with_rules:
        yield from _asked(row.asked)


def _asked(asked: Sequence[Asked]) -> Iterator[str]:
    for row in asked:
        if row.passed is not None:
            said = formats.sentences([row.question, row.answer])
            yield f"    {_MARKS[row.passed]} {said}"
    left = sum(row.passed is None for row in asked)
    if left:
        yield "    · " + ngettext(
            "%(n)d more rule was not asked: one no decides.",
            "%(n)d more rules were not asked: one no decides.",
            left,
        ) % {"n": left}


def _subject(subject: Subject) -> str:
    words = {
        "step": subject.offset_label,
        "policy": subject.policy_title,
        "version": subject.policy_version,
        "name": subject.requested_by,
        "template": subject.template_title,
        "loan": subject.loan_no,
        "seq": subject.seq,
        "day": formats.day_of_year(subject.due_date),
        "campaign": subject.campaign_title,
    }
    if subject.campaign_title:
        what = _("Campaign “%(campaign)s”, planned for %(day)s")
    elif subject.requested_by:
        what = _(
            "By hand: %(name)s, “%(template)s”; loan %(loan)s, instalment %(seq)s, due %(day)s"
        )
    else:
        what = _(
            "%(step)s (%(policy)s, version %(version)s); "
            "loan %(loan)s, instalment %(seq)s, due %(day)s"
        )
    return f"[reminder:{subject.reminder_id}] {what % words}"
