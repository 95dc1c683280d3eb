"""Servers of others, started by tests on free ports of 127.0.0.1 in directories of their own."""
