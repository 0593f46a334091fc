"""Admin pages of policies, texts, contact rules, what was sent, and the beat."""

from reminders.admin import beat, history, policies, rules, templates

__all__ = ["beat", "history", "policies", "rules", "templates"]
