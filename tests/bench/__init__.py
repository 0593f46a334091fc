"""What the stages cost, measured on a book of any size."""
