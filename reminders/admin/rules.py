"""How often and as whom we write: contact rules and sender identities."""

from datetime import time
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.admin.base import ModelAdmin, ModelForm, ReadOnlyAdmin, SingleRowAdmin, display
from accounts.clock import now
from reminders.admin.widgets import Select, WallClockInput
from reminders.core.contact_rules import PROFILES, OwnLimits, leaves_no_hours, loosenings
from reminders.core.profiles import LIMITS
from reminders.core.vocabulary import RestDays
from reminders.facts.borrowers import rules_in_force
from reminders.facts.calendar import unknown_years
from reminders.models import CalendarDay, ContactRules, SenderIdentity
from reminders.models.calendar import DayKind
from reminders.models.choices import RestDays as RestDaysChoice
from reminders.models.choices import certainty_label, profile_label, source_label


class ContactRulesForm(ModelForm):
    """The operator's limits, none looser than the profile's."""

    class Meta:
        model = ContactRules
        fields = (*LIMITS, "ledger_max_age_hours")
        widgets = {"earliest": WallClockInput, "latest": WallClockInput}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Says at each field what the profile allows."""
        super().__init__(*args, **kwargs)
        profile = PROFILES[settings.CONTACT_PROFILE]
        for name in self.fields.keys() & set(LIMITS):
            figure = getattr(profile.figures, name)
            self.fields[name].help_text = _(
                "The profile “%(profile)s” says %(limit)s (%(certainty)s: %(source)s)."
            ) % {
                "profile": profile_label(profile.name),
                "limit": _shown(figure.value),
                "certainty": certainty_label(figure.certainty),
                "source": source_label(figure.source),
            }

    def clean(self) -> dict[str, Any]:
        """Refuses what is looser, naming rule, profile and limit."""
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        profile = PROFILES[settings.CONTACT_PROFILE]
        limits = {name: cleaned.get(name) for name in LIMITS}
        limits["rest_days"] = RestDays(limits["rest_days"]) if limits["rest_days"] else None
        own = OwnLimits(**limits)
        looser = loosenings(profile, own=own)
        for name in looser:
            self.add_error(
                name,
                _("Rule %(rule)s: looser than the profile “%(profile)s”, which says %(limit)s.")
                % {
                    "rule": name,
                    "profile": profile_label(profile.name),
                    "limit": _shown(getattr(profile, name)),
                },
            )
        if not looser and leaves_no_hours(profile, own=own):
            self.add_error("latest", _("These limits leave no hour of the day."))
        return cleaned

    def validate_constraints(self) -> None:
        """`leaves_no_hours` says the same in words that help."""


def _shown(limit: Any) -> str:
    if isinstance(limit, RestDays):
        return str(RestDaysChoice(limit).label)
    return f"{limit:%H:%M}" if isinstance(limit, time) else str(limit)


@admin.register(ContactRules)
class ContactRulesAdmin(SingleRowAdmin):
    form = ContactRulesForm
    compressed_fields = False
    fieldsets = (
        (
            gettext_lazy("Hours, in the borrower's own zone"),
            {"fields": (("earliest", "latest"),)},
        ),
        (
            gettext_lazy("How often, over all loans, steps and channels"),
            {"fields": (("per_day", "per_7_days", "hours_between"),)},
        ),
        (
            gettext_lazy("Days of rest, for collection, offers and education"),
            {"fields": ("rest_days",)},
        ),
        (
            gettext_lazy("How old the ledger may be, for overdue texts"),
            {"fields": ("ledger_max_age_hours",)},
        ),
    )

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Says of which years the holidays are not known."""
        if years := unknown_years(rules_in_force(), now=now()):
            messages.warning(
                request,
                _("No holidays are known of %(years)s: load a calendar with load_calendar.")
                % {"years": ", ".join(map(str, years))},
            )
        return super().changeform_view(request, object_id, form_url, extra_context)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """With the instant of the change."""
        obj.updated_at = now()
        super().save_model(request, obj, form, change)


@admin.register(CalendarDay)
class CalendarDayAdmin(ReadOnlyAdmin):
    list_display = ("date", "calendar", "show_kind", "name", "is_official")
    list_filter = ("calendar", "kind", "is_official")
    date_hierarchy = "date"
    ordering = ("-date",)

    @display(
        description=gettext_lazy("kind"),
        ordering="kind",
        label={DayKind.HOLIDAY.value: "success", DayKind.WORKDAY.value: "warning"},
    )
    def show_kind(self, obj: CalendarDay) -> tuple[str, str]:
        """Rested or worked, as a coloured label."""
        return obj.kind, obj.get_kind_display()


class SenderForm(ModelForm):
    """An identity, in one of the languages of the installation."""

    class Meta:
        model = SenderIdentity
        fields = ("language", "signature", "how_to_pay", "hotline")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offers the languages of the installation, and the one that is there already."""
        super().__init__(*args, **kwargs)
        languages = dict(settings.LANGUAGES)
        if self.instance.language:
            languages.setdefault(self.instance.language, self.instance.language)
        if "language" in self.fields:
            self.fields["language"] = forms.ChoiceField(
                label=capfirst(gettext_lazy("language")),
                choices=list(languages.items()),
                widget=Select,
            )


@admin.register(SenderIdentity)
class SenderIdentityAdmin(ModelAdmin):
    form = SenderForm
    list_display = ("signature", "language", "how_to_pay", "hotline")
    actions = None
    compressed_fields = False
    fields = (("language", "signature"), ("how_to_pay", "hotline"))
