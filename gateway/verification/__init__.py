"""Judges sealed PDFs: whether each signature stands, and why not. In a process of its own."""
