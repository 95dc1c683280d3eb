"""What `sealgate doctor` looks at: one file for each part, none of them changes anything."""
