"""The schedule of django-celery-beat in unfold's looks."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
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

from accounts.admin.base import ModelAdmin, ReadOnlyInline
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
    fields = ("name", "task", "enabled", "last_run_at")
    readonly_fields = fields


for _model in (PeriodicTask, IntervalSchedule, CrontabSchedule, SolarSchedule, ClockedSchedule):
    admin.site.unregister(_model)


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(_PeriodicTaskBase):
    form = _TaskForm
    change_form_template = None
    list_display = ("name", "enabled", "task", "interval", "crontab", "last_run_at")
    list_filter = ("enabled", "queue")
    date_hierarchy = None


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(ModelAdmin):
    list_display = ("__str__", "every", "period")
    inlines = (PeriodicTaskInline,)


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(_CrontabBase):
    inlines = (PeriodicTaskInline,)


@admin.register(ClockedSchedule)
class ClockedScheduleAdmin(_ClockedBase):
    inlines = (PeriodicTaskInline,)
