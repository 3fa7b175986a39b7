"""What a message says that is worth keeping: the port of extractors, the catalogue of slots, the rules.

Pure: free of I/O, clock and randomness. What an item is over time is decided elsewhere (`streams.processors`).
"""
