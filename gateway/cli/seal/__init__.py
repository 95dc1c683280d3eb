"""`sealgate seal`: have files sealed by a running gateway."""
