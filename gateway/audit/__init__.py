"""The record: what was asked, decided, meant and done, in a log that shows when it was changed."""
