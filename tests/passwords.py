"""Passwords that cost a test nothing."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class QuickHasher(PBKDF2PasswordHasher):
    """Django's own in one round instead of a million, which take half a second for each member of
    staff. What it makes is what every process of ours can read."""

    iterations = 1
