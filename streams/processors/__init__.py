"""What the agents do with records, as pure folds over typed stores.

Free of I/O, clock, randomness and globals: the engine and the replay run the same code and get the same rows.
"""
