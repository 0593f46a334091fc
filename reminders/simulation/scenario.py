"""What a seed stands for: when and where a world begins, and how badly things go in it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random

STARTS = (
    date(2026, 3, 1),  # clocks change in America on the 8th, in Europe on the 29th
    date(2026, 9, 20),  # … in Chile and New Zealand, then in Europe and America
    date(2026, 12, 10),  # the end of the year
    date(2027, 1, 15),  # a February of 28 days, and the spring festival
    date(2028, 2, 5),  # a leap day
    date(2028, 10, 1),
    date(2027, 4, 20),
)
ZONES = (
    "Asia/Shanghai",
    "Asia/Kolkata",
    "America/New_York",
    "Europe/London",
    "America/Santiago",  # its clocks change at midnight
    "Asia/Beirut",  # likewise
    "Australia/Lord_Howe",  # by half an hour
    "Pacific/Chatham",  # 12:45 ahead
    "Pacific/Honolulu",
)
PROFILES = ("china", "us_reg_f", "uk_conc", "india", "strictest")


BRISK = (
    timedelta(seconds=10),
    timedelta(minutes=20),
    timedelta(hours=2),
    timedelta(hours=4),
)
SLOW = (timedelta(seconds=10), timedelta(hours=3), timedelta(hours=6), timedelta(hours=10))
"""Between two rounds of ticks in rough times: mostly longer than in production, where they are
seconds apart. What is due meanwhile comes late, and many days fit into a second."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often things go wrong; all 0 in a world without faults.

    `death`: a worker dies somewhere within one call of a stage. `weather`: a stretch of hours in
    which the gateway misbehaves. `silence`: a stretch without ticks, as when the broker is
    emptied or beat is away. `echo`: a tick comes twice. `meanwhile`: something else happens while
    the gateway is being called. `late`: a receipt that is late, doubled, lost or contradicts.
    """

    death: float = 0.0
    weather: float = 0.0
    silence: float = 0.0
    echo: float = 0.0
    meanwhile: float = 0.0
    late: float = 0.0


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything that is drawn before a world begins.

    `max_batch` texts go into one call, `batch` borrowers into one claim; `pauses` are drawn from
    between two rounds of ticks. `bustle` times as much happens as in an ordinary book.
    """

    seed: int
    days: int
    customers: int
    profile: str
    begins: datetime
    zones: tuple[str, ...]
    rates: Rates
    honours_references: bool
    can_query: bool
    max_batch: int
    batch: int
    pauses: tuple[timedelta, ...]
    quiet_day: int
    has_unreadable: bool
    bustle: float
    has_campaigns: bool = False


def drawn(
    seed: int,
    *,
    days: int,
    customers: int,
    faults: bool,
    profile: str | None = None,
    bustle: float = 1.0,
    campaigns: bool = False,
) -> Scenario:
    """The scenario of a seed. `profile` None draws one of PROFILES."""
    random = Random(f"scenario/{seed}")
    start = random.choice(STARTS)
    rates = Rates()
    if faults:
        rates = Rates(
            death=random.choice((0.02, 0.1, 0.25)),
            weather=random.choice((0.1, 0.4)),
            silence=random.choice((0.02, 0.1)),
            echo=0.1,
            meanwhile=random.choice((0.1, 0.3)),
            late=random.choice((0.1, 0.4)),
        )
    return Scenario(
        seed=seed,
        days=days,
        customers=customers,
        profile=profile or random.choice(PROFILES),
        begins=datetime.combine(start, time(0), tzinfo=UTC),
        zones=tuple(random.sample(ZONES, 2)),
        rates=rates,
        honours_references=not faults or random.random() < 0.6,
        can_query=not faults or random.random() < 0.85,
        max_batch=random.choice((1, 7, 500)),
        batch=random.choice((7, 200, 200, 200)),
        pauses=random.choice((BRISK, *[SLOW] * 9)),
        quiet_day=random.randint(days // 4, days // 2),
        # A preview knows nothing of lost keys: such a world has no preview to come true.
        has_unreadable=random.random() < 0.3,
        bustle=bustle,
        has_campaigns=campaigns,
    )
