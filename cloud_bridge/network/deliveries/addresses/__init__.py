"""Addresses with a random word, which open something to whoever has them."""
