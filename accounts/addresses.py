"""Addresses in the one form in which they are stored, hashed and compared.

A phone number is kept as E.164, an e-mail address in lower case. phonenumberslite knows every
numbering plan but takes some 40 µs a number. For numbers written as E.164 of a calling code that
one country has to itself, `_fast_plans` compiles that country's mobile pattern out of the same
metadata; where it matches, the library would have said yes (a test holds the two equal), and
where it does not, the library decides.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat, PhoneNumberType

from accounts import encryption
from accounts.core.phone import mask, mask_email
from accounts.core.vocabulary import Channel

FAST_REGIONS = ("CN", "TW", "HK", "SG", "IN", "VN", "TH", "ID", "PH", "MY", "JP", "KR")
"""Countries with a calling code of their own whose mobile numbers are known by pattern."""

MADE_UP = re.compile(r"\+86140[0-9]{8}")
"""Numbers for demonstration books: no operator was ever given the prefix 140."""

_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,63}")
_EMAIL_MAX = 254
_DASHES_AND_SPACES = str.maketrans("", "", " -()\u00a0")
_CANNOT_RECEIVE_TEXTS = frozenset(
    {
        PhoneNumberType.FIXED_LINE,
        PhoneNumberType.TOLL_FREE,
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.PAGER,
    }
)


class BadAddress(ValueError):
    """The text is no address that a message could reach; the text of the error says why."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What is stored of an address: ciphertext, look-up hash, and what people may see."""

    encrypted: bytes
    hash: bytes
    masked: str


@lru_cache(maxsize=1)
def _fast_plans() -> re.Pattern[str]:
    plans = []
    for region in FAST_REGIONS:
        metadata = PhoneMetadata.metadata_for_region(region)
        if metadata and metadata.mobile and metadata.mobile.national_number_pattern:
            mobile = metadata.mobile.national_number_pattern.replace("\\d", "[0-9]")
            plans.append(rf"{metadata.country_code}(?:{mobile})")
    return re.compile(r"\+(?:" + "|".join(plans) + ")")


def phone_to_e164(text: str, *, region: str, made_up_allowed: bool = False) -> str:
    """`text` (E.164, or national in `region`) as E.164. Raises BadAddress.

    `made_up_allowed` lets the numbers of demonstration books through, which no real book may
    carry.
    """
    if _fast_plans().fullmatch(text):
        return text
    if MADE_UP.fullmatch(text):
        if made_up_allowed:
            return text
        raise BadAddress("is a made-up number, which only a demonstration book may carry")
    return _slow(text, region=region)


def _slow(text: str, *, region: str) -> str:
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException as error:
        raise BadAddress(f"is no phone number in region {region}") from error
    if number.extension or not phonenumbers.is_valid_number(number):
        raise BadAddress(f"is no valid phone number in region {region}")
    if phonenumbers.number_type(number) in _CANNOT_RECEIVE_TEXTS:
        raise BadAddress("is not a mobile number, so no text would arrive")
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def email_to_canonical(text: str) -> str:
    """`text` as a lower-case e-mail address. Raises BadAddress."""
    address = text.strip().lower()
    if len(address) > _EMAIL_MAX or not _EMAIL.fullmatch(address):
        raise BadAddress("is no e-mail address")
    return address


def canonical(text: str, *, channel: str, region: str, made_up_allowed: bool = False) -> str:
    """`text` in the form in which an address of `channel` is stored. Raises BadAddress."""
    match channel:
        case Channel.SMS:
            return phone_to_e164(text, region=region, made_up_allowed=made_up_allowed)
        case Channel.EMAIL:
            return email_to_canonical(text)
        case _:
            address = text.strip()
            if not address or len(address) > _EMAIL_MAX:
                raise BadAddress("is empty or too long")
            return address


def seal(address: str, *, channel: str) -> Sealed:
    """What to store of `address`, which must be canonical."""
    match channel:
        case Channel.SMS:
            masked = mask(address)
        case Channel.EMAIL:
            masked = mask_email(address)[:100]
        case _:
            masked = f"****{address[-4:]}" if len(address) > 8 else "****"
    return Sealed(encryption.encrypt(address), encryption.lookup_hash(address), masked)


def possible_hashes(text: str, *, region: str) -> list[bytes]:
    """Look-up hashes of the addresses that somebody who typed `text` may mean."""
    compact = text.translate(_DASHES_AND_SPACES)
    candidates = set()
    for phone in (compact, f"+86{compact}", f"+{compact}"):
        with suppress(BadAddress):
            candidates.add(phone_to_e164(phone, region=region, made_up_allowed=True))
    with suppress(BadAddress):
        candidates.add(email_to_canonical(text))
    return [encryption.lookup_hash(candidate) for candidate in sorted(candidates)]
