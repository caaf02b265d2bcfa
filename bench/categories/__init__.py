"""Categories, topics and reasons: how right they are, and how sure they are rightly."""
