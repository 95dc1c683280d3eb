"""Files that a command reads, judges or writes."""
