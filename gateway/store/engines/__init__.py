"""SQLite and PostgreSQL, spoken with in one way: connections, transactions, the writer lane."""
