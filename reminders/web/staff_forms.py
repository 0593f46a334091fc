"""Forms of staff pages."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.core.arrangements import Term
from accounts.models.choices import HoldKind
from accounts.models.desk import NOTE_MAX
from reminders.core.schedule import instant
from reminders.queries.borrower import Person
from reminders.queries.loans import LoanRow

_AMOUNT_TOO_LARGE = Decimal(10) ** 13


def _end_of(day: date, *, person: Person) -> datetime:
    return instant(day + timedelta(days=1), time(0), zone=person.clock.zone)


class HoldForm(forms.Form):
    """Leave a borrower, or one loan, in peace."""

    kind = forms.ChoiceField(label=_("Why"), choices=[("", _("Choose …")), *HoldKind.choices])
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
    terms = forms.CharField(
        label=_("Terms of a plan"),
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "2026-12-01 500.00"}),
        help_text=_(
            "One on each line: the day by whose end the money is to come, and how much. "
            "The plan ends with the last of them, or when one is missed."
        ),
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

    def clean_terms(self) -> tuple[tuple[date, Decimal], ...]:
        """Days and amounts, as they were written."""
        lines = [line.split() for line in self.cleaned_data["terms"].splitlines() if line.strip()]
        try:
            terms = tuple((date.fromisoformat(day), Decimal(amount)) for day, amount in lines)
        except (ValueError, ArithmeticError):
            terms = None
        if terms is None or not all(
            2000 <= day.year < 2100 and amount.is_finite() and 0 < amount < _AMOUNT_TOO_LARGE
            for day, amount in terms
        ):
            raise forms.ValidationError(
                _("Write each term on its own line, such as 2026-12-01 500.00")
            )
        return terms

    def clean(self) -> dict[str, Any]:
        """Terms belong to a plan and end it."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("terms") and cleaned.get("kind") != HoldKind.PLAN:
            self.add_error("terms", _("Only a plan has terms."))
        elif cleaned.get("terms") and cleaned.get("until"):
            self.add_error("until", _("A plan ends with its last term: leave this empty."))
        return cleaned

    def terms_for(self, person: Person) -> tuple[Term, ...]:
        """The terms of the plan: each is due when its day ends where `person` lives."""
        return tuple(
            Term(_end_of(day, person=person), amount) for day, amount in self.cleaned_data["terms"]
        )

    def until_at(self, person: Person) -> datetime | None:
        """The instant at which the hold ends, where `person` lives; None for no end."""
        day = self.cleaned_data["until"]
        if day is None:
            return None
        return _end_of(day, person=person)


class NumberForm(forms.Form):
    """Write to another number from now on."""

    address = forms.CharField(
        label=_("New mobile number"),
        max_length=40,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
        help_text=_("With country code, or as it is dialled nationally."),
    )


class NoteForm(forms.Form):
    """Something that colleagues should know."""

    text = forms.CharField(
        label=_("Note"),
        max_length=NOTE_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For colleagues; it is sent to nobody, and stands in the evidence file."),
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
