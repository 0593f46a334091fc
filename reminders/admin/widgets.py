"""Form widgets of the admin: unfold's, and the text with its phone."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django import forms
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from reminders.authoring.problems import placeholders_of

if TYPE_CHECKING:
    CheckboxSelectMultiple = forms.CheckboxSelectMultiple
    ExpandableTextarea = forms.Textarea
    Select = forms.Select
    Textarea = forms.Textarea
    TextInput = forms.TextInput
    INPUT_CLASSES: list[str] = []
else:
    from unfold.widgets import INPUT_CLASSES
    from unfold.widgets import (
        UnfoldAdminCheckboxSelectMultipleWidget as CheckboxSelectMultiple,
    )
    from unfold.widgets import UnfoldAdminExpandableTextareaWidget as ExpandableTextarea
    from unfold.widgets import UnfoldAdminSelectWidget as Select
    from unfold.widgets import UnfoldAdminTextareaWidget as Textarea
    from unfold.widgets import UnfoldAdminTextInputWidget as TextInput

__all__ = [
    "CheckboxSelectMultiple",
    "ExpandableTextarea",
    "PreviewTextarea",
    "Select",
    "TextInput",
    "Textarea",
    "WallClockInput",
]

MEANINGS: Mapping[str, Any] = {
    "name": _("shortened name"),
    "amount": _("amount due"),
    "due_date": _("due date"),
    "days": _("days to or since the due date"),
    "how_to_pay": _("how to pay"),
    "hotline": _("hotline"),
    "penalty": _("penalty interest so far"),
    "link": _("link to the borrower's own page"),
}
"""What each placeholder stands for, in words."""


class WallClockInput(forms.TimeInput):
    """A time on the borrower's clock. Django's own widget would compare it with this one's."""

    input_type = "time"

    def __init__(self) -> None:
        """Hours and minutes, in unfold's looks."""
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format="%H:%M")


class PreviewTextarea(Textarea):
    """A text beside a phone that shows it as it is typed. `stage` says which names it may use."""

    stage: str = ""

    def render(
        self,
        name: str,
        value: Any,
        attrs: Mapping[str, Any] | None = None,
        renderer: Any = None,
    ) -> SafeString:
        """The textarea, the placeholders to click, and an empty phone that the script fills."""
        textarea = super().render(name, value, {**(attrs or {}), "rows": 6}, renderer)
        return render_to_string(
            "admin/reminders/preview_textarea.html",
            {
                "textarea": textarea,
                "stage": self.stage,
                "url": reverse("admin:reminders_templateversion_preview"),
                "placeholders": [
                    (f"{{{key}}}", MEANINGS[key]) for key in placeholders_of(self.stage)
                ],
            },
        )
