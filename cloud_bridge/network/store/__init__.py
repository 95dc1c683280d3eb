"""What the network keeps: SQLite or PostgreSQL, written by one thread of each node."""
