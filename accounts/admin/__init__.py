"""Admin pages of borrowers, their loans, the risk rules and staff."""

from accounts.admin import borrowers, lending, risk, staff

__all__ = ["borrowers", "lending", "risk", "staff"]
