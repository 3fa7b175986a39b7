"""A block of memory for a model's prompt: what is gathered for it, and how it is cut to a budget. No database here."""
