"""Parts of names as an index can find them.

Note [Characters and trigrams]
Whoever searches types one or two Chinese characters, or a few letters. Trigrams (pg_trgm) find
three letters or more, and where PostgreSQL runs with the locale C they know no other script. So a
name is indexed twice: by trigrams for Latin letters and digits, and by the set of its other
characters.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Func, TextField


class OtherCharacters(Func):
    """The characters of a text that are not ASCII, as an array of texts of one character each."""

    template = "string_to_array(regexp_replace(lower(%(expressions)s), '[ -~]', '', 'g'), NULL)"
    output_field = ArrayField(TextField())

    def __init__(self, expression: Any) -> None:
        super().__init__(expression)
