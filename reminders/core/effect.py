"""What reminding changed: shares with their intervals, and a verdict that says when it cannot tell.

Both intervals rest on the score interval of E. B. Wilson (1927). The one for a difference is method
10 of R. G. Newcombe, "Interval estimation for the difference between independent proportions",
Statistics in Medicine 17 (1998) 873-890: it stays within -1 and 1, and holds near 0 and 1 and for
groups as unequal as a hold-out and the rest.
"""

import math
from dataclasses import dataclass
from enum import StrEnum

Z_95 = 1.959963984540054
"""Of the standard normal distribution, 95 % lie within this distance of its middle."""

_Z_POWER_80 = 0.8416212335729143
"""80 % lie below this: the chance of seeing an effect that is there."""


@dataclass(frozen=True, slots=True)
class Share:
    """`hits` of `of`, both counts of people."""

    hits: int
    of: int

    def __post_init__(self) -> None:
        if not 0 <= self.hits <= self.of:
            raise ValueError(f"{self.hits} of {self.of} is no share")

    @property
    def value(self) -> float:
        """From 0 to 1. Raises ZeroDivisionError where there is nobody."""
        return self.hits / self.of


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a value lies with 95 % confidence."""

    low: float
    high: float


def wilson(share: Share) -> Interval:
    """The 95 % interval of a share. Of nobody nothing is known."""
    if not share.of:
        return Interval(0.0, 1.0)
    n, p = share.of, share.value
    middle = (p + Z_95**2 / (2 * n)) / (1 + Z_95**2 / n)
    half = Z_95 / (1 + Z_95**2 / n) * math.sqrt(p * (1 - p) / n + Z_95**2 / (4 * n**2))
    return Interval(max(0.0, min(p, middle - half)), min(1.0, max(p, middle + half)))


def newcombe(first: Share, second: Share) -> Interval:
    """The 95 % interval of the first share less the second; of nobody nothing is known."""
    if not first.of or not second.of:
        return Interval(-1.0, 1.0)
    one, two, difference = wilson(first), wilson(second), first.value - second.value
    down = math.hypot(first.value - one.low, two.high - second.value)
    up = math.hypot(one.high - first.value, second.value - two.low)
    return Interval(max(-1.0, difference - down), min(1.0, difference + up))


class Verdict(StrEnum):
    """What can be said of a difference."""

    RAISED = "raised"
    LOWERED = "lowered"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True, slots=True)
class Effect:
    """Those reminded against those held out: the difference of their shares with its interval.

    `more_held_out` is how many more borrowers would have to be held out, with the rest growing in
    step, to see a difference as big as this one in four of five such trials; None where the verdict
    is in, or where no difference at all was seen, of which no number is enough.
    """

    reminded: Share
    held_out: Share
    difference: float | None
    interval: Interval
    verdict: Verdict
    more_held_out: int | None


def effect_of(*, reminded: Share, held_out: Share) -> Effect:
    """The effect of reminding on the share that paid. Shares are of borrowers, for borrowers are
    what is drawn."""
    interval = newcombe(reminded, held_out)
    if not reminded.of or not held_out.of:
        return Effect(reminded, held_out, None, interval, Verdict.CANNOT_TELL, None)
    verdict = (
        Verdict.RAISED
        if interval.low > 0
        else Verdict.LOWERED
        if interval.high < 0
        else Verdict.CANNOT_TELL
    )
    more = _more_needed(reminded, held_out) if verdict is Verdict.CANNOT_TELL else None
    difference = reminded.value - held_out.value
    return Effect(reminded, held_out, difference, interval, verdict, more)


def _more_needed(reminded: Share, held_out: Share) -> int | None:
    """By the usual formula for two shares with unequal groups, at the ratio of now."""
    difference = abs(reminded.value - held_out.value)
    if difference == 0:
        return None
    ratio = reminded.of / held_out.of
    pooled = (reminded.hits + held_out.hits) / (reminded.of + held_out.of)
    both = Z_95 * math.sqrt((1 + 1 / ratio) * pooled * (1 - pooled))
    each = _Z_POWER_80 * math.sqrt(
        held_out.value * (1 - held_out.value) + reminded.value * (1 - reminded.value) / ratio
    )
    needed = math.ceil(((both + each) / difference) ** 2)
    return max(1, needed - held_out.of)
