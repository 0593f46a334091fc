"""Small cases, all of them: every world, every event in every state."""
