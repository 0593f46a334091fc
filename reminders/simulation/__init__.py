"""A small world under a virtual clock, with the real pipeline in it and the promises checked.

`world` turns the clock and calls the real stages on the real database. `book`, `life` and `carrier`
are what the pipeline meets: borrowers who pay or do not, agents, publishers, a phone network with
faults. `truth` remembers by itself what really happened, and `promises` compares: neither shares
code with the decision that it checks (import-linter holds that).
"""
