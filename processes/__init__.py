"""Child processes: start them, speak with them, confine them, kill them when they hang."""
