"""Documents: read, judged, placed, prepared for a signature and completed with it.

Parsing happens in worker processes only: a hostile document can hurt nothing but the worker that
reads it, which has no PIN, no network and a limit on memory and time.
"""
