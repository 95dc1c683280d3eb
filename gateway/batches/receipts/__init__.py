"""The receipt of a batch: what went in and what came out, in one signed statement."""
