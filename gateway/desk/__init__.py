"""Seeing before doing: what policies would decide, for the command line and for the API."""
