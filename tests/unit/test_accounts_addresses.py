"""Addresses in one form, and at rest."""

import phonenumbers
import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneMetadata
from pytest_django import Settings

from accounts import addresses, encryption
from accounts.addresses import (
    FAST_REGIONS,
    BadAddress,
    canonical,
    email_to_canonical,
    phone_to_e164,
    possible_hashes,
    seal,
)


def near_a_mobile_number() -> st.SearchStrategy[str]:
    """Numbers of the fast countries: right ones, and ones that are off by a little."""
    plans = []
    for region in FAST_REGIONS:
        metadata = PhoneMetadata.metadata_for_region(region)
        assert metadata is not None
        assert metadata.mobile is not None
        pattern = str(metadata.mobile.national_number_pattern).replace("\\d", "[0-9]")
        digits = st.from_regex(pattern, fullmatch=True)
        plans.append(st.tuples(st.just(f"+{metadata.country_code}"), digits).map("".join))
    right = st.one_of(plans)
    shortened = right.map(lambda number: number[:-1])
    lengthened = st.tuples(right, st.sampled_from("0123456789")).map("".join)
    changed = st.tuples(right, st.integers(3, 6), st.sampled_from("0123456789")).map(
        lambda drawn: drawn[0][: drawn[1]] + drawn[2] + drawn[0][drawn[1] + 1 :]
    )
    return st.one_of(right, shortened, lengthened, changed)


class TestPhoneToE164:
    @settings(max_examples=1500, deadline=None)
    @given(near_a_mobile_number())
    def test_takes_by_pattern_only_what_the_library_would_take_unchanged(self, text: str) -> None:
        if addresses._fast_plans().fullmatch(text):
            assert addresses._slow(text, region="CN") == text

    @pytest.mark.parametrize(
        ("text", "region", "number"),
        [
            ("+8613812341234", "CN", "+8613812341234"),
            ("13812341234", "CN", "+8613812341234"),
            ("138 1234 1234", "CN", "+8613812341234"),
            ("0912345678", "TW", "+886912345678"),
            ("+447911123456", "CN", "+447911123456"),
            ("(202) 555-0123", "US", "+12025550123"),
        ],
    )
    def test_gives_one_form(self, text: str, region: str, number: str) -> None:
        assert phone_to_e164(text, region=region) == number

    @pytest.mark.parametrize(
        ("text", "why"),
        [
            ("", "no phone number"),
            ("call me", "no phone number"),
            ("12345", "no valid phone number"),
            ("+861381234123", "no valid phone number"),
            ("+86 10 8888 8888", "not a mobile number"),
            ("+8614000000001", "only a demonstration book"),
            ("13812341234 ext. 5", "no valid phone number"),
        ],
    )
    def test_says_what_is_wrong(self, text: str, why: str) -> None:
        with pytest.raises(BadAddress, match=why):
            phone_to_e164(text, region="CN")

    def test_takes_made_up_numbers_where_they_are_allowed(self) -> None:
        number = "+8614000000001"

        assert phone_to_e164(number, region="CN", made_up_allowed=True) == number
        assert not phonenumbers.is_valid_number(phonenumbers.parse(number))


class TestEmailToCanonical:
    def test_writes_small(self) -> None:
        assert email_to_canonical(" Li.Wei@Example.CN ") == "li.wei@example.cn"

    @pytest.mark.parametrize("text", ["", "x", "a@b", "a b@example.cn", "@example.cn", "a@-x.cn"])
    def test_refuses_what_is_none(self, text: str) -> None:
        with pytest.raises(BadAddress, match="no e-mail address"):
            email_to_canonical(text)


class TestCanonical:
    def test_takes_what_an_app_calls_its_users(self) -> None:
        assert canonical(" device-1 ", channel="push", region="CN") == "device-1"
        with pytest.raises(BadAddress, match="empty or too long"):
            canonical(" ", channel="wechat", region="CN")


class TestSeal:
    def test_hides_every_kind_of_address(self) -> None:
        assert seal("+8613812341234", channel="sms").masked == "+86 138****1234"
        assert seal("li.wei@example.cn", channel="email").masked == "l****i@example.cn"
        assert seal("device-token-1", channel="push").masked == "****en-1"
        assert seal("short", channel="push").masked == "****"

    def test_can_be_read_back_and_looked_up(self) -> None:
        one, two = (seal("+8613812341234", channel="sms") for _ in range(2))

        assert one.encrypted != two.encrypted
        assert one.hash == two.hash
        assert encryption.decrypt(one.encrypted) == "+8613812341234"


class TestPossibleHashes:
    def test_reads_a_number_as_people_write_it(self) -> None:
        wanted = encryption.lookup_hash("+8613812341234")

        for text in ("13812341234", "8613812341234", "+86 138-1234-1234"):
            assert wanted in possible_hashes(text, region="CN")

    def test_reads_nothing_into_a_name(self) -> None:
        assert possible_hashes("王伟", region="CN") == []


class TestEncryption:
    NEW, OLD = (
        "bmV3IGtleSBuZXcga2V5IG5ldyBrZXkgbmV3IGtleSE=",
        "b2xkIGtleSBvbGQga2V5IG9sZCBrZXkgb2xkIGtleSE=",
    )

    def test_reads_what_an_older_key_wrote_and_finds_it_by_the_same_hash(
        self, settings: Settings
    ) -> None:
        settings.FIELD_KEYS = self.OLD
        before = seal("+8613812341234", channel="sms")
        settings.FIELD_KEYS = f"{self.NEW},{self.OLD}"

        assert encryption.decrypt(before.encrypted) == "+8613812341234"
        assert encryption.lookup_hash("+8613812341234") == before.hash

    def test_says_when_the_key_is_gone(self, settings: Settings) -> None:
        settings.FIELD_KEYS = self.OLD
        before = encryption.encrypt("secret")
        settings.FIELD_KEYS = self.NEW

        with pytest.raises(encryption.CannotDecrypt, match="FIELD_KEYS does not hold"):
            encryption.decrypt(before)

    def test_says_when_the_bytes_were_altered(self) -> None:
        stored = bytearray(encryption.encrypt("secret"))
        stored[-1] ^= 1

        with pytest.raises(encryption.CannotDecrypt, match="altered"):
            encryption.decrypt(bytes(stored))

    @pytest.mark.parametrize("keys", ["", "c2hvcnQ="])
    def test_says_what_the_keys_should_be(self, keys: str, settings: Settings) -> None:
        settings.FIELD_KEYS = keys

        with pytest.raises(ImproperlyConfigured, match="base64 of 32 bytes"):
            encryption.encrypt("secret")

    def test_uses_a_nonce_once(self) -> None:
        assert len({encryption.encrypt("same") for _ in range(100)}) == 100
