"""Statements are found by name, and a wrong name says so."""

import pytest

from accounts.sql import load, statement


class TestStatement:
    def test_gives_the_text_of_a_named_file(self) -> None:
        assert statement("allocate_payments").startswith("-- Allocates")

    def test_is_the_same_as_loading_from_the_package(self) -> None:
        assert load(package="accounts.sql", name="allocate_payments") == statement(
            "allocate_payments"
        )

    def test_fails_for_a_name_that_is_not_there(self) -> None:
        with pytest.raises(FileNotFoundError, match="no_such_statement"):
            statement("no_such_statement")
