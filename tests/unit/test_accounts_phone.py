"""What people may see of an address."""

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accounts.core.phone import _SHORT_CODES, mask, mask_email


class TestMask:
    @pytest.mark.parametrize(
        ("number", "shown"),
        [
            ("+8613812341234", "+86 138****1234"),
            ("+12025550123", "+1 202****0123"),
            ("+85291234567", "+852 9****4567"),
            ("+4915112345678", "+49 151****5678"),
            ("+29012345", "+290 ****2345"),  # the shortest plans hide at least the front
        ],
    )
    def test_hides_the_middle(self, number: str, shown: str) -> None:
        assert mask(number) == shown

    @given(st.from_regex(r"\+[1-9][0-9]{7,14}", fullmatch=True))
    def test_never_shows_more_than_three_and_four_digits_of_the_national_number(
        self, number: str
    ) -> None:
        _, _, national = mask(number).partition(" ")
        first, _, last = national.partition("****")
        assert len(first) <= 3
        assert len(last) <= 4
        assert number.endswith(last)

    def test_knows_every_calling_code_that_the_library_knows(self) -> None:
        for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE:
            number = f"+{code}5551234567"
            found = _SHORT_CODES.match(number)
            assert (found.group() if found else number[:4]) == f"+{code}", code


class TestMaskEmail:
    @pytest.mark.parametrize(
        ("address", "shown"),
        [
            ("li.wei@example.cn", "l****i@example.cn"),
            ("lia@example.cn", "l****a@example.cn"),
            ("liam@example.cn", "l****m@example.cn"),
            ("li@example.cn", "****@example.cn"),
        ],
    )
    def test_hides_the_name(self, address: str, shown: str) -> None:
        assert mask_email(address) == shown
