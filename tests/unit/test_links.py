"""Tokens of links, the second fact, and how often it may be guessed."""

from datetime import UTC, datetime, timedelta

import pytest

from reminders.core.links import (
    HIDDEN,
    PAUSE,
    TOKEN_LENGTH,
    TOKENS,
    Door,
    door,
    ending_of,
    hash_of,
    is_token,
    knows,
    token_of,
    url_of,
)

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


class TestTokens:
    def test_hold_at_least_128_bits(self) -> None:
        assert TOKENS > 2**128

    @pytest.mark.parametrize("number", [0, 1, 61, 62, TOKENS - 1])
    def test_have_one_length_and_only_letters_and_digits(self, number: int) -> None:
        assert is_token(token_of(number))

    def test_differ_for_different_numbers(self) -> None:
        assert len({token_of(number) for number in range(200)}) == 200

    @pytest.mark.parametrize("text", ["", "a" * 21, "a" * 23, "a" * 21 + "-", "é" * 22, HIDDEN])
    def test_other_texts_are_none(self, text: str) -> None:
        assert not is_token(text)

    def test_are_stored_as_a_hash(self) -> None:
        assert len(hash_of("a" * 22)) == 32
        assert hash_of("a" * 22) != hash_of("b" * 22)

    def test_make_an_address_below_another(self) -> None:
        assert url_of("T" * 22, base="https://x.example/X/") == "https://x.example/X/b/" + "T" * 22

    @pytest.mark.parametrize("base", ["https://x.example", "https://x.example/"])
    def test_make_an_address(self, base: str) -> None:
        assert url_of("T" * 22, base=base) == "https://x.example/b/" + "T" * 22

    def test_are_hidden_by_as_many_signs(self) -> None:
        assert len(HIDDEN) == TOKEN_LENGTH


class TestSecondFact:
    @pytest.mark.parametrize(
        ("number", "ending"),
        [
            ("L-2026-001234", "1234"),
            ("DEMO-L000012a", "012A"),
            ("１２３４５", "2345"),  # as a Chinese keyboard types them
            ("12-34", "1234"),
            ("123", ""),
            ("合同七八九", ""),
        ],
    )
    def test_is_the_last_four_letters_or_digits(self, number: str, ending: str) -> None:
        assert ending_of(number) == ending

    @pytest.mark.parametrize("answer", ["1234", " 12 34 ", "L-2026-001234", "１２３４"])
    def test_is_known_however_it_is_written(self, answer: str) -> None:
        assert knows(answer, numbers=["L-9", "L-2026-001234"])

    @pytest.mark.parametrize("answer", ["", "123", "4321", "234"])
    def test_is_not_known_by_less_or_other(self, answer: str) -> None:
        assert not knows(answer, numbers=["L-2026-001234"])

    def test_nothing_fits_a_number_that_is_too_short(self) -> None:
        assert not knows("", numbers=["L-9"])
        assert not knows("1234", numbers=[])


class TestDoor:
    @pytest.mark.parametrize(
        ("wrong", "minutes_ago", "stands"),
        [
            (0, None, Door.OPEN),
            (0, 1, Door.OPEN),
            (4, 1, Door.OPEN),
            (5, 1, Door.PAUSED),
            (5, 59, Door.PAUSED),
            (5, 60, Door.OPEN),
            (5, None, Door.OPEN),
            (6, 1, Door.OPEN),
            (9, 1, Door.OPEN),
            (10, 1, Door.SHUT),
            (10, 9_999, Door.SHUT),
        ],
    )
    def test_pauses_after_five_wrong_answers_and_shuts_after_ten(
        self, wrong: int, minutes_ago: int | None, stands: Door
    ) -> None:
        last = None if minutes_ago is None else NOW - timedelta(minutes=minutes_ago)

        assert door(wrong, last_wrong_at=last, now=NOW) is stands
        assert timedelta(hours=1) == PAUSE
