"""The shared vocabulary with words for people: what Django calls choices."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.core import vocabulary


class Channel(models.TextChoices):
    SMS = vocabulary.Channel.SMS.value, _("Text message")
    EMAIL = vocabulary.Channel.EMAIL.value, _("E-mail")
    PUSH = vocabulary.Channel.PUSH.value, _("App notification")
    WECHAT = vocabulary.Channel.WECHAT.value, _("WeChat")


class Purpose(models.TextChoices):
    SERVICE = vocabulary.Purpose.SERVICE.value, _("Service notice")
    COLLECTION = vocabulary.Purpose.COLLECTION.value, _("Collection")
    CREDIT_BUREAU = vocabulary.Purpose.CREDIT_BUREAU.value, _("Credit-bureau notice")
    OFFER = vocabulary.Purpose.OFFER.value, _("Offer")
    EDUCATION = vocabulary.Purpose.EDUCATION.value, _("Education")


class HoldKind(models.TextChoices):
    PROMISE_TO_PAY = vocabulary.HoldKind.PROMISE_TO_PAY.value, _("Promise to pay")
    DISPUTE = vocabulary.HoldKind.DISPUTE.value, _("Dispute")
    HARDSHIP = vocabulary.HoldKind.HARDSHIP.value, _("Hardship")
    PLAN = vocabulary.HoldKind.PLAN.value, _("Instalment plan")
    COMPLAINT = vocabulary.HoldKind.COMPLAINT.value, _("Complaint")
    DECEASED = vocabulary.HoldKind.DECEASED.value, _("Deceased")
    LEGAL = vocabulary.HoldKind.LEGAL.value, _("Legal proceedings")
    WRONG_NUMBER = vocabulary.HoldKind.WRONG_NUMBER.value, _("Wrong number")


class RiskTier(models.TextChoices):
    LOW = vocabulary.RiskTier.LOW.value, _("Low risk")
    MEDIUM = vocabulary.RiskTier.MEDIUM.value, _("Medium risk")
    HIGH = vocabulary.RiskTier.HIGH.value, _("High risk")


class LoanStatus(models.TextChoices):
    ACTIVE = vocabulary.LoanStatus.ACTIVE.value, _("Active")
    CLOSED = vocabulary.LoanStatus.CLOSED.value, _("Closed")
    WRITTEN_OFF = vocabulary.LoanStatus.WRITTEN_OFF.value, _("Written off")
