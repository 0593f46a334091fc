"""docs/adding-a-gateway.md says what the code does."""

from pathlib import Path

import pytest

from reminders.gateways.base import Gateway
from reminders.gateways.json_http import CODES, NOT_SENT, REFUSED

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "adding-a-gateway.md").read_text("utf-8")


class TestTheDocument:
    @pytest.mark.parametrize("code", CODES)
    def test_names_every_code(self, code: str) -> None:
        assert f"`{code}`" in TEXT

    @pytest.mark.parametrize("status", [*NOT_SENT, *REFUSED])
    def test_names_every_status(self, status: int) -> None:
        assert str(status) in TEXT

    @pytest.mark.parametrize("member", [m for m in vars(Gateway) if not m.startswith("_")])
    def test_names_every_method(self, member: str) -> None:
        assert f"`{member}" in TEXT

    @pytest.mark.parametrize("member", list(Gateway.__annotations__))
    def test_names_every_attribute(self, member: str) -> None:
        assert f"`{member}`" in TEXT
