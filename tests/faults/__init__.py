"""Real fires: real processes and servers, killed and restarted at random moments.

`Servers` are a PostgreSQL and a Valkey that may be ended at will; a `Stack` is one installation of
Duecourse on them; a `Book` is what the lender sends; `Fire` does the harm; `verdict` compares what
is stored with what the phones got. `python -m tests.faults` runs the whole size.
"""
