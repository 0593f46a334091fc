"""Forms of staff pages."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models.choices import HoldKind
from reminders.core.schedule import instant
from reminders.queries.borrower import Person
from reminders.queries.loans import LoanRow


class HoldForm(forms.Form):
    """Leave a borrower, or one loan, in peace."""

    kind = forms.ChoiceField(label=_("Why"), choices=HoldKind.choices)
    until = forms.DateField(
        label=_("Until the end of"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("Where the borrower lives. Empty: until somebody releases it."),
    )
    loan = forms.ChoiceField(label=_("Loan"), required=False)
    amount = forms.DecimalField(
        label=_("Promised amount"),
        required=False,
        min_value=Decimal("0.01"),
        max_digits=18,
        decimal_places=2,
    )
    reason = forms.CharField(
        label=_("Note"), required=False, max_length=2_000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any = None, *, loans: Iterable[LoanRow]) -> None:
        """`loans` are those it may be narrowed to."""
        super().__init__(data)
        choices = [(str(row.figures.id), row.figures.loan_no) for row in loans if row.is_active]
        field = self.fields["loan"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("All loans")), *choices]

    def clean_until(self) -> date | None:
        """A year of four digits that begin with 20; calendars end before datetimes do."""
        day: date | None = self.cleaned_data["until"]
        if day is not None and not 2000 <= day.year < 2100:
            raise forms.ValidationError(_("Choose a day of this century."))
        return day

    def until_at(self, person: Person) -> datetime | None:
        """The instant at which the hold ends, where `person` lives; None for no end."""
        day = self.cleaned_data["until"]
        if day is None:
            return None
        return instant(day + timedelta(days=1), time(0), zone=person.clock.zone)


class NumberForm(forms.Form):
    """Write to another number from now on."""

    address = forms.CharField(
        label=_("New mobile number"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=_("With country code, or as it is dialled nationally."),
    )


class ByHandForm(forms.Form):
    """Which instalment, and which words."""

    instalment = forms.IntegerField(min_value=1)
    template = forms.IntegerField(min_value=1)


class SettlementForm(forms.Form):
    """What became of a text, and how that was found out."""

    verdict = forms.ChoiceField(
        choices=[("arrived", _("It arrived")), ("not_arrived", _("It did not arrive"))]
    )
    note = forms.CharField(label=_("How you found out"), max_length=2_000)
