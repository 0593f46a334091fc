"""Who we talk to and what they owe. Knows nothing of reminders."""
