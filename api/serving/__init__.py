"""The processes that serve: one, or several under a keeper; how they stop, and how they are replaced."""
