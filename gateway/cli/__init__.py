"""The command line: `sealgate`."""
