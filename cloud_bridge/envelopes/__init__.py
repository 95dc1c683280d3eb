"""What may happen to an envelope, and the chain of what did. Pure: no I/O, no clock."""
