"""What is kept of an envelope: its documents, what proves them, and what was told of it."""
