"""What goes wrong with a benchmark."""


class BenchError(Exception):
    """There is no honest number; the message says why and what to do."""
