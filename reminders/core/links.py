"""Links to a borrower's page: tokens, the second fact, and how often it may be guessed.

Note [A link alone tells nothing]
A text may reach a stranger: numbers are passed on. So what a link opens asks first for something
that the stranger cannot read off the phone: the last four characters of a number that stands in
the contract. Before that the page names neither borrower nor debt.
"""

import hashlib
import hmac
import string
import unicodedata
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

_ALPHABET = string.digits + string.ascii_letters
TOKEN_LENGTH = 22
TOKENS = len(_ALPHABET) ** TOKEN_LENGTH
"""How many tokens there are: 2 to the power of 130.9."""

HIDDEN = "*" * TOKEN_LENGTH
"""Stands for the token where a text is kept or previewed: as long, and cheap in every alphabet."""

FACT_LENGTH = 4
WRONG_BEFORE_PAUSE = 5
WRONG_MAX = 10
PAUSE = timedelta(hours=1)


class SecondFact(StrEnum):
    """Whose last four characters are asked for."""

    LOAN = "loan"
    CUSTOMER = "customer"
    EITHER = "either"


class Door(StrEnum):
    """Whether an answer is taken: yes, not within the hour, or never again."""

    OPEN = "open"
    PAUSED = "paused"
    SHUT = "shut"


def token_of(number: int) -> str:
    """The token of a number below TOKENS. Letters and digits alone: phones cut links at others."""
    signs = []
    for _ in range(TOKEN_LENGTH):
        number, place = divmod(number, len(_ALPHABET))
        signs.append(_ALPHABET[place])
    return "".join(signs)


def is_token(text: str) -> bool:
    """Whether this could be one of ours."""
    return len(text) == TOKEN_LENGTH and text.isascii() and text.isalnum()


def hash_of(token: str) -> bytes:
    """What is stored of a token. It has too many bits to be guessed, so no salt is needed."""
    return hashlib.sha256(token.encode()).digest()


def url_of(token: str, *, base: str) -> str:
    """The address of the page behind `token`."""
    return f"{base.rstrip('/')}/b/{token}"


def ending_of(number: str) -> str:
    """The last four letters or digits of a number, whatever stands between them and however they
    were typed; blank when there are fewer."""
    plain = unicodedata.normalize("NFKC", number).upper()
    signs = [sign for sign in plain if sign.isascii() and sign.isalnum()]
    return "".join(signs[-FACT_LENGTH:]) if len(signs) >= FACT_LENGTH else ""


def knows(answer: str, *, numbers: Iterable[str]) -> bool:
    """Whether `answer` ends as one of `numbers` does. Takes as long for a near miss as for a far
    one."""
    given = ending_of(answer).encode()
    fits = [hmac.compare_digest(given, ending_of(number).encode()) for number in numbers]
    return bool(given) and any(fits)


def door(wrong_answers: int, *, last_wrong_at: datetime | None, now: datetime) -> Door:
    """How a link stands after so many wrong answers: five, then an hour's pause, then five more.

    A stranger who guesses thus finds four digits once in a thousand links.
    """
    if wrong_answers >= WRONG_MAX:
        return Door.SHUT
    pauses = wrong_answers > 0 and wrong_answers % WRONG_BEFORE_PAUSE == 0
    if pauses and last_wrong_at is not None and now < last_wrong_at + PAUSE:
        return Door.PAUSED
    return Door.OPEN
