"""Tables of who we talk to and what they owe."""

from accounts.models.consent import ConsentEvent
from accounts.models.customer import ContactPoint, Customer
from accounts.models.desk import AddressChange, Note
from accounts.models.hold import Hold, HoldTerm
from accounts.models.ledger import ImportRun
from accounts.models.lending import Allocation, Instalment, Loan, Payment
from accounts.models.risk import RiskAssessment, RiskRules
from accounts.models.staff import Staff

__all__ = [
    "AddressChange",
    "Allocation",
    "ConsentEvent",
    "ContactPoint",
    "Customer",
    "Hold",
    "HoldTerm",
    "ImportRun",
    "Instalment",
    "Loan",
    "Note",
    "Payment",
    "RiskAssessment",
    "RiskRules",
    "Staff",
]
