"""A process of its own that looks at files for commands which have no workers."""
