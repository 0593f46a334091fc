"""The admin in tests: who signs in, and what a browser would send back from a page."""

from collections.abc import Iterator
from datetime import time
from typing import Any

from django.test import Client
from django.urls import reverse

from tests.builders import a_member_of_staff


def signed_in(role: str = "", **options: Any) -> Client:
    """A browser of somebody with that role; of somebody who may do all without one."""
    client = Client(headers={"accept-language": "en"}, **options)
    client.force_login(
        a_member_of_staff(groups=(role,) if role else (), is_staff=True, is_superuser=not role)
    )
    return client


def change(row: Any) -> str:
    """Address of the page on which a row is changed."""
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}_change"
    return reverse(name, args=[row.pk])


def form_of(client: Client, url: str) -> dict[str, Any]:
    """What a browser would send back from the page at `url`, untouched."""
    data: dict[str, Any] = {}
    context = client.get(url).context
    for form in (context["adminform"].form, *_inline_forms(context)):
        for name, field in form.fields.items():
            value = form[name].value()
            if isinstance(value, bool):
                value = "on" if value else ""
            data[form.add_prefix(name)] = "" if value is None else _typed(value, field)
    for formset in context["inline_admin_formsets"]:
        management = formset.formset.management_form
        for name in management.fields:
            data[management.add_prefix(name)] = management[name].value()
    return data


def _inline_forms(context: Any) -> Iterator[Any]:
    for formset in context["inline_admin_formsets"]:
        yield from formset.formset.forms


def _typed(value: Any, field: Any) -> Any:
    prepared = field.prepare_value(value)
    return prepared.strftime("%H:%M") if isinstance(prepared, time) else prepared
