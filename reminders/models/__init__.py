"""Tables of what we say, to whom, and what came of it."""

from reminders.models.book import CohortFact, LateLoan, MonthEnd
from reminders.models.borrower import BorrowerLink, BorrowerReply
from reminders.models.calendar import CalendarDay
from reminders.models.campaign import Campaign
from reminders.models.contact_rules import ContactRules
from reminders.models.effect import EffectFact
from reminders.models.fact import ClosedDay, DayFact, LateChange, TextFact
from reminders.models.message import Attempt, Message
from reminders.models.planning import PlanningChange, PlanningState
from reminders.models.policy import Policy, PolicyStep, PolicyVersion, StepVersion
from reminders.models.receipt import RawReceipt, Receipt
from reminders.models.reminder import Reminder
from reminders.models.resend import EarlierText
from reminders.models.settlement import Settlement
from reminders.models.template import (
    MessageTemplate,
    SenderIdentity,
    TemplateText,
    TemplateVersion,
)

__all__ = [
    "Attempt",
    "BorrowerLink",
    "BorrowerReply",
    "CalendarDay",
    "Campaign",
    "ClosedDay",
    "CohortFact",
    "ContactRules",
    "DayFact",
    "EarlierText",
    "EffectFact",
    "LateChange",
    "LateLoan",
    "Message",
    "MessageTemplate",
    "MonthEnd",
    "PlanningChange",
    "PlanningState",
    "Policy",
    "PolicyStep",
    "PolicyVersion",
    "RawReceipt",
    "Receipt",
    "Reminder",
    "SenderIdentity",
    "Settlement",
    "StepVersion",
    "TemplateText",
    "TemplateVersion",
    "TextFact",
]
