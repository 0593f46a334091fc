"""Reads for screens and commands: frozen rows, in a fixed number of statements."""
