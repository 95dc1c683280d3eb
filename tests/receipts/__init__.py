"""Receipts drawn to be judged by what they say, and the same with something wrong."""
