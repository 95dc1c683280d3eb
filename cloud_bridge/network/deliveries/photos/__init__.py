"""Photographs of strangers: read with bounds, and drawn anew in a child."""
