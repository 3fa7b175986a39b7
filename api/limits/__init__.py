"""How much a caller may ask for: what is let in, what is left, and what was used today. Counted in Redis."""
