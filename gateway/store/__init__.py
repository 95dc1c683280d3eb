"""What must survive a power cut: rows in one database, sealed documents in files beside it."""
