"""PDF: read by pyHanko, updated incrementally, sealed as PAdES B-B. Runs in workers only."""
