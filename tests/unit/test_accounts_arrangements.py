"""Promises and plans are kept or broken by the payments."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.core.arrangements import Broken, Kept, Running, Term, problem_of, standing

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
FRIDAY = NOW + timedelta(days=4)
NEXT_FRIDAY = NOW + timedelta(days=11)
PROMISE = (Term(FRIDAY, Decimal(500)),)
PLAN = (Term(FRIDAY, Decimal(500)), Term(NEXT_FRIDAY, Decimal(300)))


class TestStanding:
    def test_runs_until_the_first_term_is_due(self) -> None:
        assert standing(PLAN, paid=Decimal(100), now=NOW) == Running(FRIDAY, Decimal(400))

    def test_runs_on_to_the_next_term_when_one_is_covered_early(self) -> None:
        assert standing(PLAN, paid=Decimal(500), now=NOW) == Running(NEXT_FRIDAY, Decimal(300))

    def test_counts_what_was_too_much_for_the_next_term(self) -> None:
        assert standing(PLAN, paid=Decimal(600), now=FRIDAY) == Running(NEXT_FRIDAY, Decimal(200))

    def test_is_kept_as_soon_as_all_has_come_in(self) -> None:
        assert standing(PROMISE, paid=Decimal(500), now=NOW) == Kept()
        assert standing(PLAN, paid=Decimal(900), now=NEXT_FRIDAY) == Kept()

    def test_is_broken_from_the_instant_of_a_term_that_is_not_covered(self) -> None:
        just_before = FRIDAY - timedelta(microseconds=1)

        assert standing(PLAN, paid=Decimal("499.99"), now=just_before) == Running(
            FRIDAY, Decimal("0.01")
        )
        assert standing(PLAN, paid=Decimal("499.99"), now=FRIDAY) == Broken(FRIDAY, Decimal("0.01"))

    def test_is_broken_since_the_first_term_that_was_missed(self) -> None:
        late = NEXT_FRIDAY + timedelta(days=30)

        assert standing(PLAN, paid=Decimal(0), now=late) == Broken(FRIDAY, Decimal(500))
        assert standing(PLAN, paid=Decimal(500), now=late) == Broken(NEXT_FRIDAY, Decimal(300))

    def test_is_mended_by_a_late_payment(self) -> None:
        after = FRIDAY + timedelta(days=1)

        assert standing(PLAN, paid=Decimal(500), now=after) == Running(NEXT_FRIDAY, Decimal(300))

    def test_takes_terms_in_any_order(self) -> None:
        backwards = tuple(reversed(PLAN))

        assert standing(backwards, paid=Decimal(0), now=NOW) == Running(FRIDAY, Decimal(500))


class TestProblemOf:
    def test_none_for_rising_terms_in_the_future(self) -> None:
        assert problem_of(PLAN, now=NOW) == ""

    @pytest.mark.parametrize(
        ("terms", "words"),
        [
            (
                (Term(FRIDAY, Decimal(0)),),
                "term 1: amount 0 must be more than nothing and in whole cents",
            ),
            (
                (Term(FRIDAY, Decimal("0.001")),),
                "term 1: amount 0.001 must be more than nothing and in whole cents",
            ),
            ((Term(NOW, Decimal(1)),), "term 1: 2026-11-23T02:00:00+00:00 is over already"),
            (
                tuple(reversed(PLAN)),
                "term 2: 2026-11-27T02:00:00+00:00 is not after the term before it",
            ),
            (
                (*PROMISE, *PROMISE),
                "term 2: 2026-11-27T02:00:00+00:00 is not after the term before it",
            ),
        ],
    )
    def test_names_the_term_and_what_is_wrong(self, terms: tuple[Term, ...], words: str) -> None:
        assert problem_of(terms, now=NOW) == words
