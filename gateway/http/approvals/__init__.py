"""What waits for people, and what they say of it."""
