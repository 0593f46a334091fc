"""What can be said about loans and people without a database. Standard library only."""
