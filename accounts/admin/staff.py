"""People who sign in, and the groups that say what they may do."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy as _

from accounts.admin.base import ModelAdmin
from accounts.models import Staff

if TYPE_CHECKING:
    from django.contrib.auth.forms import AdminPasswordChangeForm
    from django.contrib.auth.forms import AdminUserCreationForm as UserCreationForm
    from django.contrib.auth.forms import UserChangeForm as _AnyUserChangeForm

    UserChangeForm = _AnyUserChangeForm[Staff]
    _StaffBase = UserAdmin[Staff]
    _GroupBase = DjangoGroupAdmin
else:
    from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

    class _StaffBase(UserAdmin, ModelAdmin):
        """Django's pages for users in unfold's looks."""

    class _GroupBase(DjangoGroupAdmin, ModelAdmin):
        """Django's pages for groups in unfold's looks."""


@admin.register(Staff)
class StaffAdmin(_StaffBase):
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "first_name", "last_name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "groups")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Person"), {"fields": ("first_name", "last_name", "email", "language")}),
        (_("Rights"), {"fields": ("is_active", "is_staff", "is_superuser", "groups")}),
        (_("Dates"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()


admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(_GroupBase):
    """Rights of a group; `create_roles` sets those of the groups that come with Duecourse."""
