"""`sealgate bridge`: keys for the cloud account network, and how we stand with it."""
