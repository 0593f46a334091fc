"""Message templates: their versions, and a draft's texts beside a phone."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Case, When
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseNotAllowed,
)
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import InlineFormSet, ModelForm, display
from accounts.clock import now
from accounts.models import Staff
from reminders.admin.version_admin import VersionAdmin
from reminders.admin.versions import (
    STATE_LABELS,
    FrozenInline,
    ParentAdmin,
    Version,
    VersionInline,
)
from reminders.admin.widgets import PreviewTextarea, Select
from reminders.authoring import templates
from reminders.authoring.preview import preview_text, sender_for
from reminders.authoring.problems import Review
from reminders.authoring.real_values import NobodyToShow, real_values
from reminders.core.vocabulary import Stage
from reminders.facts.campaigns import CAMPAIGN_TONE
from reminders.models import MessageTemplate, TemplateText, TemplateVersion
from reminders.models.choices import Tone

_LONGEST_PREVIEWED = 2_000


class TextForm(ModelForm):
    """The words in one language and tone."""

    class Meta:
        model = TemplateText
        fields = ("language", "tone", "body")
        widgets = {"body": PreviewTextarea, "tone": Select}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offers the languages of the installation, and the one that is there already."""
        super().__init__(*args, **kwargs)
        languages = dict(settings.LANGUAGES)
        if self.instance.language:
            languages.setdefault(self.instance.language, self.instance.language)
        if "language" in self.fields:
            self.fields["language"] = forms.ChoiceField(
                label=capfirst(_("language")), choices=list(languages.items()), widget=Select
            )


class TextFormSet(InlineFormSet):
    """Texts of one version; each knows the stage of the template."""

    def add_fields(self, form: Any, index: int | None) -> None:
        """Tells the editor of a text which placeholders mean something."""
        super().add_fields(form, index)
        body = form.fields.get("body")
        if body is not None and isinstance(body.widget, PreviewTextarea):
            body.widget.stage = self.instance.template.stage

    def _construct_form(self, i: int, **kwargs: Any) -> TextForm:
        form: TextForm = super()._construct_form(i, **kwargs)
        text = form.instance
        if text.pk:
            form.instance.get_inline_title = templates.place(text.language, tone=text.tone)
        return form


class TextInline(FrozenInline):
    model = TemplateText
    form = TextForm
    formset = TextFormSet
    collapsible = False

    def get_queryset(self, request: HttpRequest) -> Any:
        """The default language first, each from friendly to firm."""
        return (
            super()
            .get_queryset(request)
            .select_related("version__template")
            .alias(
                other=Case(When(language=settings.LANGUAGE_CODE, then=0), default=1),
                firmness=Case(*(When(tone=t, then=at) for at, t in enumerate(Tone.values))),
            )
            .order_by("other", "language", "firmness")
        )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """To write, or to look at as on a phone."""
        if self.has_change_permission(request, obj):
            return (("language", "tone"), "body")
        return ("show_phone",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The phone is computed."""
        return ("show_phone",)

    @display(description=_("text"))
    def show_phone(self, obj: TemplateText) -> SafeString:
        """The text on a phone, with sample values."""
        return render_to_string(
            "admin/reminders/phone.html",
            {
                "preview": preview_text(
                    obj.body,
                    stage=obj.version.template.stage,
                    language=obj.language,
                    sender=sender_for(obj.language),
                ),
                "language": obj.language,
                "body": obj.body,
            },
        )


@admin.register(TemplateVersion)
class TemplateVersionAdmin(VersionAdmin):
    parent_name = "template"
    publish_right = "reminders.publish_templateversion"
    list_display = ("show_version", "template", "show_state", "note", "created_by", "published_at")
    list_filter = ("state", "template")
    fields = ("note",)
    inlines = (TextInline,)
    change_form_before_template = "admin/reminders/preview_borrower.html"

    class Media:
        js = ("duecourse/preview.js",)

    def make_draft(self, version: Any, *, by: Staff, instant: datetime) -> Version:
        """From this version, so that an earlier one can be taken up again."""
        return templates.new_draft(template=version.template, by=by, now=instant, base=version)

    def put_in_force(self, version: Any, *, by: Staff, instant: datetime) -> Version:
        """See `templates.publish`."""
        return templates.publish(version=version, by=by, now=instant)

    def review_of(self, version: Any) -> Review:
        """See `templates.review`."""
        return templates.review(version)

    def get_urls(self) -> list[URLPattern]:
        """The preview besides the others."""
        return [
            path(
                "preview/",
                self.admin_site.admin_view(self.preview_view),
                name="reminders_templateversion_preview",
            ),
            *super().get_urls(),
        ]

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """A text on a phone as it stands in the editor; nothing is stored."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        stage, language = request.POST.get("stage", ""), request.POST.get("language", "")
        if stage not in set(Stage) or not language:
            return HttpResponseBadRequest("stage or language is missing")
        sender = sender_for(language)
        values, nobody = None, ""
        if customer_no := request.POST.get("customer_no", "").strip():
            try:
                values = real_values(
                    customer_no, stage=Stage(stage), language=language, sender=sender, now=now()
                )
            except NobodyToShow as error:
                nobody = str(error)
        preview = preview_text(
            request.POST.get("body", "")[:_LONGEST_PREVIEWED],
            stage=stage,
            language=language,
            sender=sender,
            values=values,
        )
        return TemplateResponse(
            request,
            "admin/reminders/phone.html",
            {"preview": preview, "language": language, "nobody": nobody},
        )

    @display(description=_("state"), ordering="state", label=STATE_LABELS)
    def show_state(self, obj: TemplateVersion) -> tuple[str, str]:
        """The state as a coloured label."""
        return obj.state, obj.get_state_display()


class TemplateVersionInline(VersionInline):
    model = TemplateVersion


@admin.register(MessageTemplate)
class MessageTemplateAdmin(ParentAdmin):
    version_admin = "templateversion"
    list_display = ("title", "key", "stage", "purpose", "show_in_force", "show_draft")
    list_filter = ("stage", "purpose")
    fields = (("title", "key"), ("stage", "purpose"))
    inlines = (TemplateVersionInline,)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """What published texts and policies rely on stays."""
        return ("key", "stage", "purpose") if obj else ()

    def first_draft(self, parent: Any, *, by: Staff, instant: datetime) -> None:
        """With an empty text in each tone that it may speak in, in the default language."""
        draft = templates.new_draft(template=parent, by=by, now=instant)
        tones = [CAMPAIGN_TONE.value] if parent.stage == Stage.APART else Tone.values
        TemplateText.objects.bulk_create(
            TemplateText(version=draft, language=settings.LANGUAGE_CODE, tone=tone, body="")
            for tone in tones
        )
