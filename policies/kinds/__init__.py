"""The kinds of YAML documents that officers write, and how single values in them are spelled."""
