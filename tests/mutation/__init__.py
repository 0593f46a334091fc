"""Mutation testing of the pure core: damages it in small ways and sees whether a test objects.

`make mutate` runs it. What it damages and what it does not, and why it is our own, stand in
`docs/mutation.md` and in decision 0016.
"""
