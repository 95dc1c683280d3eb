"""The history of decisions: kept with their records, read by those who try other policies."""
