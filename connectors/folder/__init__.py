"""A folder of this machine, or a share that is mounted."""
