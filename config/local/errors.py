"""The one error that the launcher shows as a sentence instead of a traceback."""


class CannotGoOn(RuntimeError):
    """Something a person can put right; the message says what was seen and what to do."""
