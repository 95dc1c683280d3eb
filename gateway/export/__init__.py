"""Everything that is kept, as one SQLite file that any tool opens: for auditors and for moving."""
