"""The schedule of django-celery-beat in unfold's looks."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.utils.translation import gettext, gettext_lazy
from django_celery_beat.admin import ClockedScheduleAdmin as BaseClockedScheduleAdmin
from django_celery_beat.admin import CrontabScheduleAdmin as BaseCrontabScheduleAdmin
from django_celery_beat.admin import PeriodicTaskAdmin as BasePeriodicTaskAdmin
from django_celery_beat.admin import PeriodicTaskForm, TaskSelectWidget
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)

from accounts.admin.base import ModelAdmin, ReadOnlyInline, display
from reminders.admin.widgets import Select, TextInput

if TYPE_CHECKING:
    _PeriodicTaskBase = ModelAdmin
    _CrontabBase = ModelAdmin
    _ClockedBase = ModelAdmin
else:

    class _PeriodicTaskBase(BasePeriodicTaskAdmin, ModelAdmin):
        """django-celery-beat's page, which knows the registered tasks."""

    class _CrontabBase(BaseCrontabScheduleAdmin, ModelAdmin):
        """django-celery-beat's page, which reads a crontab out in words."""

    class _ClockedBase(BaseClockedScheduleAdmin, ModelAdmin):
        """django-celery-beat's page."""


class _TaskSelect(Select, TaskSelectWidget):  # type: ignore[misc] # the latter has no types
    """The registered tasks, in unfold's looks."""


class _TaskForm(PeriodicTaskForm):  # type: ignore[misc] # has no types
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "task" in self.fields:
            self.fields["task"].widget = TextInput()
        if "regtask" in self.fields:
            field: forms.Field = self.fields["regtask"]
            field.widget = _TaskSelect()


class PeriodicTaskInline(ReadOnlyInline):
    model = PeriodicTask
    fields = ("name", "show_task", "enabled", "last_run_at")
    readonly_fields = fields

    @display(description=gettext_lazy("task"))
    def show_task(self, obj: PeriodicTask) -> str:
        """The task that a worker runs: django-celery-beat's own label is not translated."""
        return str(obj.task)


for _model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(_model)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(_PeriodicTaskBase):
    form = _TaskForm
    change_form_template = None
    list_display = ("name", "show_description", "enabled", "interval", "crontab", "last_run_at")
    list_filter = ("enabled", "queue")
    date_hierarchy = None

    @display(description=gettext_lazy("crontab in words"))
    def crontab_translation(self, obj: PeriodicTask) -> str:
        """As django-celery-beat puts it, under a label that is translated."""
        return str(obj.crontab.human_readable) if obj.crontab else ""

    @display(description=gettext_lazy("what it does"))
    def show_description(self, obj: PeriodicTask) -> str:
        """The description as it is stored, or its translation if it is one of ours."""
        return gettext(obj.description) if obj.description else ""


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(ModelAdmin):
    list_display = ("__str__", "every", "period")
    inlines = (PeriodicTaskInline,)


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(_CrontabBase):
    inlines = (PeriodicTaskInline,)

    @display(description=gettext_lazy("crontab in words"))
    def human_readable(self, obj: CrontabSchedule) -> str:
        """As django-celery-beat puts it, under a label that is translated."""
        return str(obj.human_readable)


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(_ClockedBase):
    inlines = (PeriodicTaskInline,)
