"""Connectors against real servers."""
