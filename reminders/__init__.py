"""Everything about messages: what is planned, decided, sent, and what came of it."""
