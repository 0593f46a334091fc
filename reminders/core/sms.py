"""How many SMS a text takes.

A text message carries 140 octets: 160 characters of the GSM 7-bit alphabet or 70 of UCS-2.
A longer text travels in parts, each of which gives up six octets to a header, so a part holds
153 or 67. Networks and vendors charge by the part, and one character outside the alphabet (a
non-breaking space pasted from a word processor is enough) turns the whole text into UCS-2 and
more than doubles its price.

Sources: 3GPP TS 23.038 (alphabet and its extension table), 3GPP TS 23.040 (header with an
8-bit reference), and the length rules that mainland-China vendors publish.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum


class Regime(Enum):
    """Whose way of counting applies; it follows from the country of the number."""

    INTERNATIONAL = "international"
    # Mainland China sends every text as UCS-2, so that an ASCII character counts like a Chinese
    # one, and the signature with its brackets 【】 is part of the text.
    CHINA = "china"


class Encoding(StrEnum):
    """How the characters travel."""

    GSM7 = "GSM-7"
    UCS2 = "UCS-2"


@dataclass(frozen=True, slots=True)
class Parts:
    """What a text costs: its units (septets or UTF-16 units) and the SMS they fill."""

    encoding: Encoding
    units: int
    parts: int


# The GSM 7-bit default alphabet without its escape, which is not a character.
GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ"
    " !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Reached through the escape: two septets each. The table's form feed is left out on purpose,
# because the vendors that publish their list do not take it: counting it as UCS-2 may
# overstate a price and never understates one.
GSM7_EXTENSION = frozenset("|^€{}[]~\\")
_GSM7 = GSM7_BASIC | GSM7_EXTENSION

# encoding -> (units that one SMS alone holds, units that each part of several holds)
_ROOM = {Encoding.GSM7: (160, 153), Encoding.UCS2: (70, 67)}


def count_parts(text: str, *, regime: Regime) -> Parts:
    """The encoding, units and parts of the whole text, its signature included.

    Parts are packed one character after the other, not divided: an escape pair or a surrogate
    pair may not be torn apart, so a part can stay one unit short. An empty text is no SMS.
    """
    encoding = (
        Encoding.GSM7
        if regime is Regime.INTERNATIONAL and _GSM7.issuperset(text)
        else Encoding.UCS2
    )
    units = _units(text, encoding=encoding)
    alone, each = _ROOM[encoding]
    if units <= alone:
        return Parts(encoding, units, 1 if text else 0)
    if units == len(text):  # no pairs, so nothing can straddle a border
        return Parts(encoding, units, -(-units // each))
    return Parts(encoding, units, _pack(_widths(text, encoding=encoding), room=each))


def _units(text: str, *, encoding: Encoding) -> int:
    """The sum of the widths, by means that are quick enough for a million texts."""
    if encoding is Encoding.GSM7:
        return len(text) + sum(map(text.count, GSM7_EXTENSION))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _widths(text: str, *, encoding: Encoding) -> Iterator[int]:
    """The units of each character: two for an escape pair and for a surrogate pair."""
    if encoding is Encoding.GSM7:
        return (2 if character in GSM7_EXTENSION else 1 for character in text)
    return (2 if character > "\uffff" else 1 for character in text)


def _pack(widths: Iterable[int], *, room: int) -> int:
    """How many parts of that room the characters fill, in order and whole."""
    parts, used = 1, 0
    for width in widths:
        if used + width > room:
            parts, used = parts + 1, 0
        used += width
    return parts
