"""How many borrowers a claim takes."""

from reminders.pipeline.pace import Pace


def after(*seconds: float) -> int:
    """The size after batches that took so long."""
    pace = Pace()
    for one in seconds:
        pace.took(one)
    return pace.size


def test_grows_while_batches_are_quick_up_to_a_bound() -> None:
    assert [after(), after(0.1), after(0.1, 0.2), after(*[0.1] * 9)] == [200, 400, 800, 800]


def test_shrinks_when_they_are_slow_down_to_a_bound() -> None:
    assert [after(2.0), after(2.0, 2.0), after(*[9.0] * 9)] == [100, 50, 50]


def test_stays_where_a_batch_takes_about_a_second() -> None:
    assert after(0.1, 0.6, 1.0, 1.4) == 400
