"""Closed lists of words that models, decisions and pages share."""

from enum import StrEnum


class Channel(StrEnum):
    """A way to reach a person."""

    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"
    WECHAT = "wechat"


class Purpose(StrEnum):
    """Why a person is written to; consent and contact rules differ by it."""

    SERVICE = "service"
    COLLECTION = "collection"
    CREDIT_BUREAU = "credit_bureau"
    OFFER = "offer"
    EDUCATION = "education"


class HoldKind(StrEnum):
    """A reason to leave a borrower in peace for a while."""

    PROMISE_TO_PAY = "promise_to_pay"
    DISPUTE = "dispute"
    HARDSHIP = "hardship"
    PLAN = "plan"
    COMPLAINT = "complaint"
    DECEASED = "deceased"
    LEGAL = "legal"
    WRONG_NUMBER = "wrong_number"


class RiskTier(StrEnum):
    """How likely a borrower is to fall behind, as far as policies need to know."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class LoanStatus(StrEnum):
    """Only active loans are reminded of."""

    ACTIVE = "active"
    CLOSED = "closed"
    WRITTEN_OFF = "written_off"
