"""Decisions as pure functions. Standard library only."""
