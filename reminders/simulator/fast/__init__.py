"""The simulator's fast mode: the same wire format, in memory, for measuring those who speak to it.

No phones, no faults, no store: whoever wants these takes the simulator itself. Every text is
believed, counted and forgotten but for its reference, so that the gateway is not what limits.
"""
