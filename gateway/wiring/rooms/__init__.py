"""The rooms of a house, each joined by itself."""
