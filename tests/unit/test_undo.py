"""What can be taken back, and that every refusal has words."""

from datetime import timedelta

from reminders.core.undo import UNDO_FOR, What, Why
from reminders.web.staff_notes import DONE, REFUSED


class TestUndo:
    def test_lasts_minutes_and_no_working_day(self) -> None:
        assert timedelta(minutes=1) <= UNDO_FOR <= timedelta(minutes=15)

    def test_has_words_for_all_that_it_does_and_refuses(self) -> None:
        assert set(DONE) == set(What)
        assert set(REFUSED) == set(Why)
        assert all(str(words) for words in (*DONE.values(), *REFUSED.values()))
