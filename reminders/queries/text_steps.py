"""The step that speaks in a text, for queries over messages."""

from django.db.models import TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from reminders.sql import statement


def step_of_text() -> Coalesce:
    """An expression beside Message: the step's number as text, `by_hand`, `campaign`, or
    blank for none."""
    sql, words = statement("step_of_text"), TextField()
    said = RawSQL(sql, (), output_field=words)  # noqa: S611 - a fixed file of ours, without input
    return Coalesce(said, Value("", output_field=words))
