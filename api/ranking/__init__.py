"""How good an answer is: pure arithmetic over term frequencies, places in a conversation, and scores."""
