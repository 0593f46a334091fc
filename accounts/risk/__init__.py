"""The risk tier of each borrower: refreshed set-based, explained in words.

`refresh.refresh_risk` writes the tiers, `words.explain` says why. The rules are
`accounts.core.scorecard`.
"""
