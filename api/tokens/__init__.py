"""JSON Web Tokens beside API keys: what a good one must say, and the keys that it may be signed with."""
