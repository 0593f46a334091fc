"""Which payment paid what, against a till that takes one cent at a time."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from accounts.core.instalments import Allocation, Due, Paid, Share, allocate

CENT = Decimal("0.01")
FIRST_DAY, FIRST_HOUR = date(2026, 1, 31), datetime(2026, 1, 1, tzinfo=UTC)

dues = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 40)), max_size=6).map(
    lambda rows: [
        Due(f"I{seq}", FIRST_DAY + timedelta(days=day), seq, cents * CENT)
        for seq, (day, cents) in enumerate(rows)
    ]
)
payments = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 60)), max_size=6).map(
    lambda rows: [
        Paid(f"P{number}", FIRST_HOUR + timedelta(hours=hour), cents * CENT)
        for number, (hour, cents) in enumerate(rows)
    ]
)


def cent_by_cent(instalments: list[Due], paid: list[Paid]) -> Allocation:
    """Every single cent goes to the oldest instalment that is not full yet."""
    result = Allocation(paid={due.key: Decimal(0) for due in instalments})
    shares: Counter[tuple[str, object]] = Counter()
    for payment in sorted(paid, key=lambda one: (one.paid_at, one.payment_no)):
        for _ in range(int(payment.amount / CENT)):
            open_ = [due for due in instalments if result.paid[due.key] < due.amount]
            if not open_:
                result.credit += CENT
                continue
            oldest = min(open_, key=lambda due: (due.due_date, due.seq))
            result.paid[oldest.key] += CENT
            shares[payment.payment_no, oldest.key] += 1
            if result.paid[oldest.key] == oldest.amount:
                result.settled_at[oldest.key] = payment.paid_at
    result.shares = [Share(no, key, cents * CENT) for (no, key), cents in shares.items()]
    return result


class TestAllocation:
    @given(dues, payments)
    def test_is_that_of_a_till_that_takes_one_cent_at_a_time(
        self, instalments: list[Due], paid: list[Paid]
    ) -> None:
        assert allocate(instalments=instalments, payments=paid) == cent_by_cent(instalments, paid)

    @given(dues, payments, st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_of_the_rows(
        self, instalments: list[Due], paid: list[Paid], chance: Random
    ) -> None:
        shuffled = allocate(
            instalments=chance.sample(instalments, len(instalments)),
            payments=chance.sample(paid, len(paid)),
        )

        assert shuffled == allocate(instalments=instalments, payments=paid)

    @given(dues, payments)
    def test_never_pays_a_newer_one_while_an_older_one_is_open(
        self, instalments: list[Due], paid: list[Paid]
    ) -> None:
        result = allocate(instalments=instalments, payments=paid)

        in_order = sorted(instalments, key=lambda due: (due.due_date, due.seq))
        for older, newer in pairwise(in_order):
            assert result.paid[newer.key] == 0 or older.key in result.settled_at
        assert all(share.amount > 0 for share in result.shares)

    @given(dues, payments, st.integers(1, 60))
    def test_of_one_more_payment_takes_nothing_back(
        self, instalments: list[Due], paid: list[Paid], cents: int
    ) -> None:
        later = Paid("P99", FIRST_HOUR + timedelta(days=9), cents * CENT)

        before = allocate(instalments=instalments, payments=paid)
        after = allocate(instalments=instalments, payments=[*paid, later])

        assert after.shares[: len(before.shares)] == before.shares
        assert before.settled_at.items() <= after.settled_at.items()
