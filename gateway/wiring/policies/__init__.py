"""Policies in force: loaded beside the event loop, recorded, and swapped in one assignment."""
