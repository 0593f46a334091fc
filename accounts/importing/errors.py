"""What can be wrong with an import."""


class ImportRefused(Exception):
    """The folder or a file cannot be read as a book: the run stops and nothing is written."""


class ImportInterrupted(Exception):
    """The database gave up in the middle: nothing is half there, and the run may be repeated."""


class BadValue(ValueError):
    """One value is wrong, and so its row is rejected; the text says what is wrong with it."""
