"""Rows that the log speaks of, besides documents: whether they still say what it says."""
