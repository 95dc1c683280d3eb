"""Seeing before doing: what policies would decide, and what a change of them would change."""
