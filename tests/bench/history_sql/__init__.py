"""The statements that `tests.bench.history` builds a big database with."""
