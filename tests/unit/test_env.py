"""A setting that is missing or cannot be read is named, with what to do."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import VARIABLES, read


class TestRead:
    def test_names_what_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SMS_GATEWAY_SECRET", raising=False)

        with pytest.raises(ImproperlyConfigured, match="SMS_GATEWAY_SECRET is not set") as told:
            read("SMS_GATEWAY_SECRET")

        assert "make run" in str(told.value)

    @pytest.mark.parametrize(
        ("name", "text"),
        [("PORT", "eighty"), ("DEBUG", "perhaps"), ("SMS_PRICE", "cheap"), ("PORT", "")],
    )
    def test_names_what_cannot_be_read(
        self, name: str, text: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, text)

        with pytest.raises(ImproperlyConfigured, match=f"{name} cannot be read") as told:
            read(name)

        assert VARIABLES[name].meaning in str(told.value)

    @pytest.mark.parametrize(
        ("name", "text", "value"),
        [
            ("PORT", " 8080 ", 8080),
            ("DEBUG", "Yes", True),
            ("DEBUG", "off", False),
            ("SMS_PRICE", "0.05", Decimal("0.05")),
            ("ALLOWED_HOSTS", "a.example, b.example,", ["a.example", "b.example"]),
            ("CELERY_BROKER_URL", "", ""),
        ],
    )
    def test_gives_the_declared_type(
        self, name: str, text: str, value: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv(name, text)

        assert read(name) == value
        assert type(read(name)) is type(value)

    def test_falls_back_on_the_declared_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("PORT", raising=False)

        assert read("PORT") == 8000
