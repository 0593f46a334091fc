"""The pages whose speed on a long history is measured, each with addresses drawn at random."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from urllib.parse import quote

from django.urls import reverse

from accounts.pinyin import pinyin_of
from reminders.core.months import first_of
from reminders.models import EffectFact, Message
from reminders.queries.day import FIGURES, TEXT_FIGURES
from reminders.queries.run import PARTS
from tests.bench.history import phone_of
from tests.bench.names import a_name

_LATIN = ("nguyen", "maria", "li", "wei zhang", "smith", "khan", "müller", "santos", "priya", "al")
_NOBODY = ("qzxqzx", "龘龘", "zzz yyy", "+8613999999999", "X-999-999", "王龘")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What addresses are drawn from: the numbers of the borrowers, and the days of the history."""

    customers: int
    first_day: date
    today: date
    random: Random

    def customer(self) -> int:
        """A borrower."""
        return self.random.randint(1, self.customers)

    def customer_no(self) -> str:
        """The number of a borrower, as the history makes it."""
        return f"C{self.customer() * 7:08d}"

    def day(self) -> date:
        """A day of the history, today among them."""
        return self.today - timedelta(
            days=self.random.randint(0, (self.today - self.first_day).days)
        )


def _search(text: str) -> str:
    return f"{reverse('staff:home')}?q={quote(text)}"


def _older(drawn: Drawn) -> str:
    """The timeline below a random instant."""
    at = datetime.fromisoformat(f"{drawn.day()}T12:00:00+00:00")
    address = reverse("staff:timeline", args=[drawn.customer_no()])
    return f"{address}?before={quote(f'{at.isoformat()}~f_message~{2**62}')}"


def _further(drawn: Drawn) -> str:
    """A later page of the texts of a day."""
    day = drawn.day()
    figure = drawn.random.choice(["texts", "delivered"])
    at = datetime.fromisoformat(f"{day}T02:20:00+00:00")
    address = reverse("staff:day_list", args=[day, figure])
    return f"{address}?after={quote(f'{at.isoformat()}~0')}"


def _pinyin(drawn: Drawn, *, full: bool) -> str:
    """The name of a borrower as it is typed, or its initials."""
    while not (words := pinyin_of(a_name(drawn.customer(), seed=1)[0]).split()):
        pass
    return words[0] if full else min(words, key=len)


def _later(drawn: Drawn, page: str) -> str:
    """The first page of a work list, or one that begins at a random instant of the last month."""
    at = datetime.combine(drawn.today, time(8), tzinfo=UTC)
    at -= timedelta(minutes=drawn.random.randint(-1_440, 43_200))
    return f"{reverse(page)}?after={quote(f'{at.isoformat()}~{2**62}')}"


def _high_risk(drawn: Drawn) -> str:
    """A page of the work list that begins on one of its days."""
    day = drawn.today + timedelta(days=drawn.random.randint(0, 7))
    return (
        f"{reverse('staff:high_risk')}?after={quote(f'{day}~{drawn.random.randint(1, 10**6)}~0')}"
    )


def _unknown(drawn: Drawn) -> str:
    last = Message.objects.order_by("-pk").values_list("pk", flat=True)[0]
    return f"{reverse('staff:unknown')}?after={drawn.random.randint(last * 9 // 10, last)}"


def _range(drawn: Drawn, *, days: int) -> str:
    """So many days of the history, as managers ask for them."""
    last = drawn.day()
    return f"first={last - timedelta(days=days - 1)}&last={last}"


def _due_month(drawn: Drawn) -> str:
    """What was due in one of the last three months, and was open a week later."""
    day = drawn.today - timedelta(days=drawn.random.randint(31, 120))
    return reverse("staff:cohort_list", args=[first_of(day), 7])


def _group(drawn: Drawn) -> str:
    """Borrowers of a policy, held out or not, who paid in time or did not."""
    fact = drawn.random.choice(list(EffectFact.objects.order_by("pk")))
    address = reverse("staff:group_list", args=[fact.policy_id, fact.after_days])
    return f"{address}?held_out={int(fact.is_held_out)}&paid={drawn.random.randint(0, 1)}"


PAGES: Mapping[str, Callable[[Drawn], str]] = {
    "search: full name": lambda d: _search(a_name(d.customer(), seed=1)[0]),
    "search: one character": lambda d: _search(a_name(d.customer(), seed=1)[0][-1]),
    "search: two characters": lambda d: _search(a_name(d.customer(), seed=1)[0][:2]),
    "search: Latin words": lambda d: _search(d.random.choice(_LATIN)),
    "search: part of a number": lambda d: _search(d.customer_no()[3:]),
    "search: pinyin": lambda d: _search(_pinyin(d, full=True)),
    "search: pinyin, initials": lambda d: _search(_pinyin(d, full=False)),
    "search: phone": lambda d: _search(phone_of(d.customer())[3:]),
    "search: last four digits": lambda d: _search(f"{d.random.randint(0, 9999):04d}"),
    "search: nobody": lambda d: _search(d.random.choice(_NOBODY)),
    "timeline, newest": lambda d: reverse("staff:timeline", args=[d.customer_no()]),
    "timeline, older": _older,
    "borrower, is it new?": lambda d: reverse("staff:pulse", args=[d.customer_no()]),
    "borrower": lambda d: reverse("staff:borrower", args=[d.customer_no()]),
    "home: today's run": lambda d: reverse("staff:home"),
    "day: figures and texts": lambda d: reverse(
        "staff:day_list", args=[d.day(), d.random.choice(list(TEXT_FIGURES))]
    ),
    "day: not sent": lambda d: reverse("staff:day_list", args=[d.day(), "not_sent"]),
    "day: today, any figure": lambda d: reverse(
        "staff:day_list", args=[d.today, d.random.choice(FIGURES)]
    ),
    "day: later pages": _further,
    "unknown outcomes": _unknown,
    "work: promises due": lambda d: _later(d, "staff:promises"),
    "work: high risk": _high_risk,
    "work: undeliverable numbers": lambda d: _later(d, "staff:undeliverable"),
    "work: replies to read": lambda d: reverse("staff:replies"),
    "manager: today's run": lambda d: reverse("staff:overview"),
    "manager: reminders of the run": lambda d: reverse(
        "staff:run_list", args=[d.random.choice(PARTS)]
    ),
    "manager: texts of a day": lambda d: reverse(
        "staff:text_list", args=[d.day(), d.random.choice(list(TEXT_FIGURES))]
    ),
    "manager: delivery, 30 days": lambda d: f"{reverse('staff:delivery')}?{_range(d, days=30)}",
    "manager: delivery, 92 days": lambda d: f"{reverse('staff:delivery')}?{_range(d, days=92)}",
    "manager: delivery, day by day": lambda d: (
        f"{reverse('staff:day_by_day', args=['delivered'])}?{_range(d, days=30)}"
    ),
    "manager: collections": lambda d: reverse("staff:book"),
    "manager: who is late": lambda d: reverse("staff:late_list", args=[d.random.randint(0, 3)]),
    "manager: due in a month, still open": _due_month,
    "manager: effect": lambda d: reverse("staff:effect"),
    "manager: borrowers of a group": _group,
    "manager: ratings": lambda d: reverse("staff:rating_list"),
    "admin: messages": lambda d: reverse("admin:reminders_message_changelist"),
    "admin: search by borrower": lambda d: (
        f"{reverse('admin:reminders_message_changelist')}?q={d.customer_no()}"
    ),
    "admin: rare state": lambda d: f"{reverse('admin:reminders_message_changelist')}?state=waiting",
    "metrics": lambda d: reverse("metrics"),
}
"""By the names that the table has."""
