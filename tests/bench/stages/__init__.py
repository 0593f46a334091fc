"""The stages of the way through, each measured on a copy of the book."""
