"""When a campaign speaks: its days, how many borrowers each of them takes, and the instants."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from reminders.core.contact_rules import ContactRules
from reminders.core.schedule import instant

_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Course:
    """From which day to which (both included), at what local time, and to how many borrowers on
    one day at most; `per_day` None is to all at once."""

    first_day: date
    last_day: date
    local_time: time
    per_day: int | None = None

    def days(self, rules: ContactRules) -> tuple[date, ...]:
        """The days on which it speaks: days of rest are left out, or what waits over them would
        pile up on the day after."""
        span = ((self.last_day - self.first_day) // _A_DAY) + 1
        every = (self.first_day + n * _A_DAY for n in range(span))
        return tuple(d for d in every if not rules.calendar.is_rest(d, kept=rules.rest_days))

    def send_at(self, day: date, *, timezone: str) -> datetime:
        """When it speaks on `day` in this zone, in UTC."""
        return instant(day, self.local_time, zone=ZoneInfo(timezone))

    def expires_at(self, *, timezone: str) -> datetime:
        """When its last day is over in this zone, in UTC."""
        return instant(self.last_day + _A_DAY, time(0), zone=ZoneInfo(timezone))
