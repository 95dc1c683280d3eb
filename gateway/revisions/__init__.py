"""What one update of a document changed. Read by workers and by the judging process."""
