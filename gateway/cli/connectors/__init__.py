"""`sealgate connectors`: look at what IT declared, and try it."""
