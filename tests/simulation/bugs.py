"""Faults of one line, each of which breaks a promise. The simulation must see every one of them.

Each names a file, the text that stands in it once, and what stands there instead. When the code
changes, the test says which of them no longer fits.
"""

from dataclasses import dataclass

RULES = "reminders/core/rules.py"
ELIGIBILITY = "reminders/core/eligibility.py"
CONTACT = "reminders/core/contact_rules.py"
SCHEDULE = "reminders/core/schedule.py"
FACTS = "reminders/facts/borrowers.py"
SQL = "reminders/sql/"


@dataclass(frozen=True, slots=True)
class Bug:
    """`right` stands once in `path`; with `wrong` in its place a promise breaks.

    `seed` is that of a world which shows it: there the hunt begins. `of_campaigns` is hunted in
    worlds with campaigns.
    """

    name: str
    path: str
    right: str
    wrong: str
    seed: int = 1
    of_campaigns: bool = False


BUGS = (
    Bug(
        "what is paid is reminded of",
        SQL + "facts_of_borrowers.sql",
        "            AND instalment.settled_at IS NULL\n",
        "",
    ),
    Bug(
        "a closed loan is reminded of",
        SQL + "facts_of_borrowers.sql",
        "loan.status = 'active'",
        "loan.id > 0",
    ),
    Bug(
        "only legal holds hold",
        SQL + "facts_of_borrowers.sql",
        "            AND hold.released_at IS NULL\n",
        "            AND hold.released_at IS NULL AND hold.kind = 'legal'\n",
    ),
    Bug(
        "an arrangement that runs holds nobody",
        RULES,
        "    if not isinstance(made, Running):\n        return []",
        "    if isinstance(made, Running):\n        return []",
    ),
    Bug(
        "a refusal is not heard",
        FACTS,
        "allowed=_allowed(tuple(map(tuple, _list(consents))))",
        "allowed=all_allowed(())",
    ),
    Bug(
        "an old ledger is believed",
        RULES,
        "timedelta(hours=hours_max)",
        "timedelta(days=hours_max)",
        seed=2,
    ),
    Bug(
        "days of rest are worked",
        RULES,
        '    if until is None:\n        return None, figures\n    figures |= {"holiday"',
        '    if until is None or until:\n        return None, figures\n    figures |= {"holiday"',
        seed=2,
    ),
    Bug(
        "one zone of several is enough",
        CONTACT,
        "return all(rules.earliest <= at.astimezone(zone).time() < rules.latest for zone in zones)",
        "return any(rules.earliest <= at.astimezone(zone).time() < rules.latest for zone in zones)",
    ),
    Bug(
        "the morning begins an hour early",
        CONTACT,
        "return all(rules.earliest <=",
        "return all(time(rules.earliest.hour - 1) <=",
    ),
    Bug(
        "the distance is counted in minutes",
        CONTACT,
        "if past and at - past[-1] < timedelta(hours=rules.hours_between):",
        "if past and at - past[-1] < timedelta(minutes=rules.hours_between):",
    ),
    Bug(
        "one text a week too many",
        CONTACT,
        "if len(past) >= rules.per_7_days:",
        "if len(past) > rules.per_7_days:",
        seed=2,
    ),
    Bug(
        "texts under way do not count",
        FACTS,
        "    for state in (\n",
        "    for state in (\n        MessageState.ACCEPTED,\n        MessageState.DELIVERED,\n",
    ),
    Bug(
        "hours are those of Greenwich",
        SCHEDULE,
        "    zone = ZoneInfo(timezone)\n",
        '    zone = ZoneInfo("UTC")\n',
        seed=6,
    ),
    Bug(
        "every text is true for a day longer",
        SCHEDULE,
        "instant(last_day + _A_DAY,",
        "instant(last_day + 2 * _A_DAY,",
    ),
    Bug(
        "the total counts what is not due yet",
        ELIGIBILITY,
        "(debt.due_date < today if overdue",
        "(debt.due_date <= today + timedelta(days=9) if overdue",
    ),
    Bug(
        "the total counts what is on hold",
        ELIGIBILITY,
        "        and not any(covers(hold, debt=debt) for hold in holds)\n",
        "",
        seed=6,
    ),
    Bug(
        "everything goes into one text",
        ELIGIBILITY,
        "together = candidate in lead",
        "together = True",
        seed=2,
    ),
    Bug(
        "an older step follows a newer one",
        ELIGIBILITY,
        "return spoken.step_key if spoken and _order(spoken) > _order(candidate) else None",
        "return None",
    ),
    Bug(
        "money pays the newest instalment first",
        "accounts/sql/allocate_payments.sql",
        "PARTITION BY i.loan_id ORDER BY i.due_date, i.seq)",
        "PARTITION BY i.loan_id ORDER BY i.due_date DESC, i.seq)",
    ),
    Bug(
        "a withdrawn version still speaks",
        "reminders/facts/due.py",
        "return version.version.state == VersionState.PUBLISHED and ",
        "return ",
    ),
    Bug(
        "what went out stays planned",
        "reminders/pipeline/opening.py",
        "            return _Row(ReminderState.MESSAGED,",
        "            return _Row(ReminderState.PLANNED,",
    ),
    Bug(
        "an unclear answer counts as busy",
        "reminders/pipeline/closing.py",
        "        self.attempt_id = outgoing.attempt_id\n",
        "        self.attempt_id = outgoing.attempt_id\n"
        "        outcome = Busy(outcome.code) if isinstance(outcome, Unclear) else outcome\n",
        seed=2,
    ),
    Bug(
        "a gateway that repeats itself is trusted",
        "reminders/pipeline/sweeping.py",
        "        if gateway.honours_references\n        else []\n",
        "        if gateway\n        else []\n",
    ),
    Bug(
        "never seen is believed at once",
        "reminders/pipeline/sweeping.py",
        "NEVER_SEEN_BELIEVED_AFTER = 5 * LEASE",
        "NEVER_SEEN_BELIEVED_AFTER = LEASE / 180",
        seed=12,
    ),
    Bug(
        "the last word counts, not the first end",
        "reminders/core/lifecycle.py",
        "    return to in TRANSITIONS[current]",
        "    return to in TRANSITIONS[current] or current in FINAL",
        seed=2,
    ),
    Bug(
        "texts are asked about for ever",
        "reminders/pipeline/sweeping.py",
        "TOO_OLD = timedelta(hours=72)",
        "TOO_OLD = timedelta(days=72)",
        seed=2,
    ),
    Bug(
        "another text leaves than is stored",
        "reminders/pipeline/storing.py",
        "            body=item.composed.body,\n",
        '            body=item.composed.body + " ",\n',
    ),
    Bug(
        "a preview forgets what was paid",
        SQL + "preview_due.sql",
        "reminder.state = 'planned'\n        AND reminder.step_version_id",
        "reminder.state = 'expired'\n        AND reminder.step_version_id",
    ),
    Bug(
        "a lapsed lease counts as not sent",
        SQL + "lapse_leases.sql",
        "SET state = 'unknown', reason = 'lease_lapsed'",
        "SET state = 'rejected', ended_at = %(now)s, reason = 'lease_lapsed'",
    ),
    Bug(
        "a stopped campaign goes on",
        "reminders/facts/campaigns.py",
        "        row.state == CampaignState.PUBLISHED\n        and row.published_at",
        "        row.state != CampaignState.DRAFT\n        and row.published_at",
        of_campaigns=True,
    ),
    Bug(
        "lessons for who never agreed to any",
        "accounts/core/consent.py",
        "{Purpose.SERVICE, Purpose.COLLECTION, Purpose.CREDIT_BUREAU}",
        "{Purpose.SERVICE, Purpose.COLLECTION, Purpose.CREDIT_BUREAU, Purpose.EDUCATION}",
        of_campaigns=True,
    ),
    Bug(
        "no hold holds a campaign",
        RULES,
        "if apart or (m.debt",
        "if (m.debt",
        of_campaigns=True,
    ),
    Bug(
        "lessons for the punctual go to all",
        RULES,
        "if audience.only_punctual and (since",
        "if not audience and (since",
        of_campaigns=True,
    ),
    Bug(
        "a campaign speaks in one zone alone",
        SQL + "campaign_audience.sql",
        "customer.timezone = ANY(%(timezones)s::text[])",
        "customer.timezone = (%(timezones)s::text[])[1]",
        of_campaigns=True,
    ),
)
