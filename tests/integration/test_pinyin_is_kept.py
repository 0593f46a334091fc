"""Whoever writes a name writes what it is found by."""

from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection

from accounts.models import Customer
from accounts.search import find_customers
from tests.builders import NOW, a_customer
from tests.integration.books import CUSTOMERS, a_book, bring_in, counts, write

pytestmark = pytest.mark.django_db
fill = import_module("accounts.migrations.0012_names_in_pinyin").fill


def found(typed: str) -> list[str]:
    return [row.customer_no for row in find_customers(typed)]


class TestImport:
    def test_finds_who_was_brought_in(self, tmp_path: Path) -> None:
        bring_in(a_book(tmp_path))

        assert found("wangwei") == ["C-1"]

    def test_forgets_the_name_before(self, tmp_path: Path) -> None:
        folder = a_book(tmp_path)
        bring_in(folder)
        write(folder, "customers.csv", CUSTOMERS, "C-1,单雄信,+8613812345678,zh-hans,Asia/Shanghai")

        bring_in(folder)

        assert found("shanxiongxin") == ["C-1"]
        assert found("wangwei") == []

    def test_mends_what_an_older_version_wrote(self, tmp_path: Path) -> None:
        folder = a_book(tmp_path)
        bring_in(folder)
        Customer.objects.update(name_pinyin="")

        assert counts(bring_in(folder))["customers"][1] >= 1
        assert found("ww") == ["C-1"]
        assert counts(bring_in(folder))["customers"][1] == 0


class TestMigration:
    def test_fills_what_is_empty_and_is_done(self) -> None:
        for name in ("王伟", "Maria Santos", "李娜", "María"):
            a_customer(name=name, customer_no=name)
        Customer.objects.update(name_pinyin="", updated_at=NOW)

        for _ in range(2):  # after a breach it is run again
            fill(None, SimpleNamespace(connection=connection))

        assert dict(Customer.objects.values_list("name", "name_pinyin")) == {
            "王伟": " wangwei ww ",
            "李娜": " lina ln ",
            "Maria Santos": "",
            "María": "",
        }
