"""Admin pages of policies, texts, contact rules, what was sent, and the beat."""

from reminders.admin import beat, campaigns, history, policies, rules, templates

__all__ = ["beat", "campaigns", "history", "policies", "rules", "templates"]
