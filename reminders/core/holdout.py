"""Who is left out on purpose, so that the effect of reminding can be measured."""

import hashlib
from decimal import Decimal


def is_held_out(customer_no: str, *, policy_key: str, percent: Decimal) -> bool:
    """Whether this borrower is in the policy's hold-out: always the same answer.

    The borrower's place in 0..100 comes from a hash of policy and number, so raising the
    percentage adds borrowers and lets none go, and two policies leave out different people.
    """
    digest = hashlib.sha256(f"{policy_key}\n{customer_no}".encode()).digest()
    place = Decimal(int.from_bytes(digest[:8], "big")) * 100 / 2**64
    return place < percent
