"""A day on which nobody does anything and nothing breaks: then the preview must come true (P9)."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from reminders.facts.policies import steps_in_force
from reminders.models import EarlierText, Reminder
from reminders.queries.preview import preview
from reminders.simulation.law import LEDGER_HOURS
from reminders.simulation.promises import BrokenPromise

_DECIDED = {"send": "sent", "defer": "deferred", "skip": "skipped", "expire": "expired"}


@dataclass(slots=True)
class QuietDay:
    """From `begins`, a midnight in UTC, until `ends`. `is_foreseen` once the preview was made."""

    begins: datetime
    is_foreseen: bool = False
    foreseen: Counter[str] = field(default_factory=Counter)
    happened: Counter[str] = field(default_factory=Counter)

    @property
    def ends(self) -> datetime:
        """The midnight after it."""
        return self.begins + timedelta(days=1)

    def is_now(self, now: datetime) -> bool:
        """Whether it is this day."""
        return self.begins <= now < self.ends

    def outlasts(self, fed_at: datetime | None) -> bool:
        """Whether a ledger fed at that time is too old before the day ends, or already."""
        return fed_at is not None and fed_at + timedelta(hours=LEDGER_HOURS) < self.ends

    def foresee(self, *, now: datetime) -> None:
        """What the preview says of the day, in the words in which dispatch counts."""
        self.is_foreseen = True
        day = now.astimezone(UTC).date()
        seen = preview(steps_in_force(), first=day, last=day, zone=ZoneInfo("UTC"), now=now)
        for line, count in seen.reminders.items():
            decided = _DECIDED[line.decision]
            self.foreseen[f"{decided}:{line.reason}" if line.reason else decided] += count

    def happen(self, decided: Counter[str]) -> None:
        """Count what was decided. What was withdrawn is no candidate of the preview."""
        self.happened.update(
            {key: n for key, n in decided.items() if not key.startswith("cancelled:")}
        )

    def compare(self) -> None:
        """Raises BrokenPromise where the day went another way."""
        if self.is_foreseen and self.foreseen != self.happened:
            missing, extra = self.foreseen - self.happened, self.happened - self.foreseen
            raise BrokenPromise(
                f"P9: {self.begins:%Y-%m-%d}: foreseen and not happened {dict(missing)}, "
                f"happened and not foreseen {dict(extra)}"
            )


def is_beyond_previews() -> bool:
    """Whether something waits that a preview does not know: a text by hand or of a campaign, since
    previews speak of policies alone, or one to be sent again, which a claim drops if the first may
    have arrived.
    """
    planned = Reminder.objects.filter(state="planned")
    again = planned.filter(pk__in=EarlierText.objects.values("reminder"))
    return planned.filter(step=None).exists() or again.exists()
