"""The step that speaks in a text, for queries over messages."""

from django.db.models import TextField, Value
from django.db.models.expressions import RawSQL
from django.db.models.functions import Coalesce

from reminders.sql import statement


def step_of_text() -> Coalesce:
    """An expression beside Message: the step's id as text, `by_hand`, or blank for none."""
    # The SQL is a file of ours and nothing is put into it: nobody can inject anything.
    said = RawSQL(statement("step_of_text"), (), output_field=TextField())  # noqa: S611
    return Coalesce(said, Value("", output_field=TextField()))
