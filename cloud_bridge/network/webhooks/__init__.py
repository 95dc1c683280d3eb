"""Calls to organisations that something came into their feed, and where they may lead."""
