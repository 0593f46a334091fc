"""Everything for one machine: servers out of wheels, and the supervisor behind `make run`.

Nothing here imports Django: a command or a test suite gets its servers before its settings.
"""
