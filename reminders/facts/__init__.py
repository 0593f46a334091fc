"""What a decision reads, gathered from the tables: for dispatch, for previews, for explanations."""
