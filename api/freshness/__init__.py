"""How far the stream has come: when an accepted record can be queried, and how much is under way."""
