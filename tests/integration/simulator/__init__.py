"""The gateway simulator as its clients see it: a real process, real HTTP, real callbacks."""
