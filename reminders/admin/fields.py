"""Form fields of the admin."""

import re
from typing import Any

from django import forms

from reminders.admin.widgets import TextInput

_COMMAS = re.compile(r"[,，、\n]")


class NamesField(forms.CharField):
    """A list of names, typed with commas; those of a Chinese keyboard count as well."""

    widget = TextInput

    def prepare_value(self, value: Any) -> Any:
        """A list as it is typed."""
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """The names without blanks, each once, in order."""
        names = (name.strip() for name in _COMMAS.split(super().to_python(value) or ""))
        return list(dict.fromkeys(name for name in names if name))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compared as lists."""
        return bool(list(initial or []) != self.to_python(data))
