"""Properties of the pure core, against independent and simple-minded readings of the same rules."""
