"""`sealgate hsm`: the keys on the token."""
