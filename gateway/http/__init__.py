"""The API over HTTP: who is it, what do they ask, and how is the answer told."""
