"""Doors to and from internal systems (folders, queues, tables). Imports none of our other code."""
