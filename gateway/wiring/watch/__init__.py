"""What a gateway looks at by itself, for its own sake and for those who watch it."""
