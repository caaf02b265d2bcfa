"""Papers on their way out: one file a format, each a pure function from a paper to text."""
